/** The rule of oauth routes. */
import { at, isGiven } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import { type RuleContext, routesWith } from '../rules.ts'

/** Finds routes that choose statuses, where RFC 6749 has chosen. */
export function findOauthProblems({ routes }: RuleContext): Problem[] {
  return routesWith(routes, 'oauth')
    .map((route) => at(route, 'statuses'))
    .filter(isGiven)
    .map(({ path }) => ({
      path,
      message: 'does not go with the protocol oauth, which has statuses of its own'
    }))
}
