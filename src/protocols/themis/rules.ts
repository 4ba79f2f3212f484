/** The rule of themis routes. */
import { at, isGiven } from '../../settings/placed.ts'
import { formatPath, type Problem } from '../../settings/problem.ts'
import { type RuleContext, routesWith } from '../rules.ts'

/** Finds keys without a kid where the wire format requires one in the header of each token. */
export function findThemisProblems({ routes, keys }: RuleContext): Problem[] {
  const route = routesWith(routes, 'themis').find((one) => !isGiven(at(one, 'key')))
  if (route === undefined) return []
  const message = `expected a kid, which ${formatPath(route.path)} (protocol: themis) puts into the header of tokens`
  return keys
    .filter((key) => ['secret', 'private'].includes(at(key, 'origin').value ?? ''))
    .filter((key) => !isGiven(at(key, 'kid')))
    .map(({ path }) => ({ path, message }))
}
