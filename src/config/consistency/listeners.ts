/** Routes on listeners that are not there, and listeners that nothing is on. */
import type { Problem } from '../../settings/problem.ts'
import { itemsOf, listenerOf, MAIN, useOf, valueAt } from './tree.ts'

/** Finds routes on a listener that is not configured, and listeners other than main and admin without a route. */
export function findListenerProblems(tree: unknown): Problem[] {
  const listen = valueAt(tree, ['listen'])
  const names = Object.keys(typeof listen === 'object' && listen !== null ? listen : {})
  const routes = itemsOf(tree, 'routes')
  const missing = routes
    .flatMap((route, index) => useOf(route, 'on', ['routes', index]))
    .filter(({ text }) => text !== MAIN && !names.includes(text))
  const idle = names.filter(
    (name) =>
      ![MAIN, 'admin'].includes(name) && !routes.some((route) => listenerOf(route, MAIN) === name)
  )
  return [
    ...missing.map(({ text, at }) => ({ path: at, message: `there is no listener ${text}` })),
    ...idle.map((name) => ({
      path: ['listen', name],
      message: 'no route is on this listener, expected main, admin or one that a route names'
    }))
  ]
}
