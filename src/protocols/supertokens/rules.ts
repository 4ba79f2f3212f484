/** The rule of supertokens routes. */
import { at } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import { type RuleContext, routesWith } from '../rules.ts'

/** Finds keys of another algorithm than the only one that SuperTokens clients ask for. */
export function findSupertokensProblems({ routes, keys }: RuleContext): Problem[] {
  return routesWith(routes, 'supertokens')
    .flatMap((route) => [at(route, 'key'), at(route, 'dynamicKey')])
    .flatMap(({ value: kid, path }): Problem[] => {
      const key = kid === undefined ? undefined : keys.find((one) => at(one, 'kid').value === kid)
      const alg = key && at(key, 'alg').value
      return alg === undefined || alg === 'RS256'
        ? []
        : [{ path, message: `expected a key with the alg RS256, found ${alg}` }]
    })
}
