/** The rule of forward-auth routes: gates, which answer for all paths below their own, too. */

import { at } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import type { CheckRule } from '../check/settings.ts'
import { type RuleContext, routesWith } from '../rules.ts'

/** Finds paths below those of gates. What another route answers there would be taken for permission. */
export function findForwardAuthProblems({
  routes,
  paths,
  listenerOf,
  ownPathsOn
}: RuleContext): Problem[] {
  return routesWith(routes, 'forward-auth').flatMap((route): Problem[] => {
    const { value: gate, path } = at(route, 'check')
    const listener = listenerOf(route)
    if (gate === undefined || listener === undefined) return []
    const below = gate.endsWith('/') ? gate : `${gate}/`
    const hidden = ownPathsOn(listener).filter((own) => own.startsWith(below))
    const inside = paths.filter(
      (other) => other.listener === listener && other.text !== gate && other.text.startsWith(below)
    )
    return [
      ...hidden.slice(0, 1).map((own) => ({
        path,
        message: `${own} is answered by the service itself, expected another path or another listener`
      })),
      ...inside.map((other) => ({
        path: other.path,
        message: `${other.text} is below ${gate}, where forward-auth answers, expected another path or another listener`
      }))
    ]
  })
}

/** What a gate requires of the settings of its route. */
export const forwardAuthSettings: readonly CheckRule[] = [
  {
    isMet: ({ token }) => !token?.includes('body'),
    error: 'forward-auth never reads a body, expected other places',
    path: ['token']
  }
]
