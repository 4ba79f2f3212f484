/** Routes on listeners that are not there, and listeners that nothing is on. */

import type { RuleContext } from '../../protocols/rules.ts'
import { at, type PartialOf, type Placed } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import type { Config } from '../full-form.ts'
import { MAIN } from '../listeners.ts'

type Listen = Placed<PartialOf<Config['listen']>>

/** Finds routes on a listener that is not configured, and listeners other than main and admin without a route. */
export function findListenerProblems(listen: Listen, { routes }: RuleContext): Problem[] {
  const names = Object.keys(isMap(listen.written) ? listen.written : {})
  const used = routes.map((route) => at(route, 'on'))
  const missing = used.flatMap(({ value, path }) =>
    value === undefined || value === MAIN || names.includes(value)
      ? []
      : [{ path, message: `there is no listener ${value}` }]
  )
  const idle = names
    .filter((name) => ![MAIN, 'admin', ...used.map(({ value }) => value)].includes(name))
    .map((name) => ({
      path: at(listen, name).path,
      message: 'no route is on this listener, expected main, admin or one that a route names'
    }))
  return [...missing, ...idle]
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
