/** The settings of a route that issues tokens as the JWT recipe of the SuperTokens core does. */
import * as z from 'zod'
import { sourceSchema } from '../../issue/sources/registry.ts'
import { at } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import { wholeSeconds } from '../../settings/quantities.ts'
import { routePath } from '../../settings/route-paths.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { kid } from '../../settings/tokens.ts'
import { KRAKEND_ONLY } from '../krakend/settings.ts'
import { callers, cookie, limits, on } from '../route-settings.ts'
import { type RuleContext, routesWith } from '../rules.ts'

export type SupertokensRouteConfig = z.output<ReturnType<typeof supertokensRouteSchema>>

const AUTH = '{ apiKeys: [...] }, or none'

/** The service signs whatever payload a caller sends, so there is no default of everybody. */
function auth(reader: SecretReader) {
  return z
    .union([z.literal('none').transform(() => undefined), callers(reader)], {
      error: `expected ${AUTH} where everybody who reaches the route may have any claims signed`
    })
    .meta({ title: AUTH })
    .describe(
      'Who may call the route. `none` is everybody who reaches it: any claims are signed for them.'
    )
}

export function supertokensRouteSchema(reader: SecretReader) {
  const shape = {
    issue: routePath
      .refine((path) => path.endsWith('/recipe/jwt'), {
        error: 'expected /recipe/jwt, or a path that ends so'
      })
      .describe(
        'Path that tokens are issued on: `/recipe/jwt`, where the SuperTokens client expects it. `/apiversion` is answered beside it.'
      ),
    on,
    protocol: z.literal('supertokens', 'expected supertokens').describe('The wire format.'),
    auth: auth(reader),
    limits,
    cookie,
    claims: z
      .array(sourceSchema(reader), 'expected a list of sources')
      .default([])
      .describe(
        'Sources of more claims, in order; they win over the payload that the client sends. Default: none.'
      ),
    key: kid.describe('The kid of the key for tokens that ask for the static one, as most do.'),
    dynamicKey: kid.describe('The kid of the key for tokens that ask for one that rotates.'),
    lifetime: wholeSeconds('1s', '36500d')
      .prefault('36500d')
      .describe(
        'The longest validity that a client may ask for. A key that rotates is kept for this long after it has signed last. Default: 36500d, which is what the SuperTokens client asks for by itself.'
      )
  }
  return section(shape, KRAKEND_ONLY)
}

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
