/** The rule of oauth routes. */
import { at, isGiven } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import { type RuleContext, routesWith } from '../rules.ts'

/** Finds routes with `statuses`, which RFC 6749 already defines. */
export function findOauthProblems({ routes }: RuleContext): Problem[] {
  return routesWith(routes, 'oauth')
    .flatMap((route) => [at(route, 'statuses'), at(route, 'relay')])
    .filter(isGiven)
    .map(({ path }) => ({
      path,
      message: 'does not go with the protocol oauth, which has statuses of its own'
    }))
}
