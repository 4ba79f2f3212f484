/** Routes on unknown listeners, and listeners without a route. */

import type { RuleContext } from '../../protocols/rules.ts'
import { overlap } from '../../settings/hosts.ts'
import { at, isGiven, type PartialOf, type Placed } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import type { Config } from '../full-form.ts'
import type { ListenerConfig } from '../listen.ts'
import { MAIN, openListeners } from '../listeners.ts'

type Listen = Placed<PartialOf<Config['listen']>>

/** Finds routes, and a workbench, on a listener that is not configured, and listeners other than main and admin without a route. */
export function findListenerProblems(
  listen: Listen,
  workbench: Placed<PartialOf<Config['workbench']>>,
  routes: RuleContext['routes']
): Problem[] {
  const names = Object.keys(isMap(listen.written) ? listen.written : {})
  const used = [...routes.map((route) => at(route, 'on')), workbench]
  const missing = used.flatMap(({ value, path }) =>
    value === undefined || value === false || value === MAIN || names.includes(value)
      ? []
      : [{ path, message: `there is no listener ${value}` }]
  )
  const idle = names
    .filter(
      (name) => ![MAIN, 'admin', ...used.map(({ value }) => value)].some((one) => one === name)
    )
    .map((name) => ({
      path: at(listen, name).path,
      message: 'no route is on this listener, expected main, admin or one that a route names'
    }))
  const twice = names.flatMap((name) => findFieldsOfCors(at(listen, name)))
  return [...missing, ...idle, ...twice]
}

/** Finds header fields that both `cors` and `responseHeaders` would set. */
function findFieldsOfCors(listener: Placed<PartialOf<ListenerConfig>>): Problem[] {
  const { written, path } = at(listener, 'responseHeaders')
  if (!isGiven(at(listener, 'cors')) || !isMap(written)) return []
  return Object.keys(written)
    .filter((name) => /^access-control-/i.test(name))
    .map((name) => ({ path: [...path, name], message: 'is set by cors, expected another name' }))
}

/** Finds listeners that cannot listen beside another: on its port, and on an address of it. The system chooses a port for 0. */
export function findSharedPorts(config: Parameters<typeof openListeners>[0]): Problem[] {
  const open = [...openListeners(config)]
  return open.flatMap(([name, { host, port }], index) => {
    const other = open
      .slice(0, index)
      .find(([, before]) => port !== 0 && before.port === port && overlap(before.host, host))
    if (other === undefined) return []
    const message = `the listener ${other[0]} is on port ${port} already, expected another port`
    return [{ path: ['listen', name, 'port'], message }]
  })
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
