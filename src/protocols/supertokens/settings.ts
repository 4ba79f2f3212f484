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
import { pathsOf, spellingsOf } from './paths.ts'

export type SupertokensRouteConfig = z.output<ReturnType<typeof supertokensRouteSchema>>

const AUTH = '{ apiKeys: [...] }, or none'

/** The service signs any payload of a caller, so the route is never open to anyone by default. */
function auth(reader: SecretReader) {
  return z
    .union([z.literal('none').transform(() => undefined), callers(reader)], {
      error: `expected ${AUTH} where everybody who reaches the route may have any claims signed`
    })
    .meta({ title: AUTH })
    .describe(
      'Who may call the route. With `none`, everybody who reaches it can have any claims signed.'
    )
}

export function supertokensRouteSchema(reader: SecretReader) {
  const shape = {
    issue: routePath
      .refine((path) => path.endsWith('/recipe/jwt'), {
        error: 'expected /recipe/jwt, or a path that ends so'
      })
      .describe(
        'Path that tokens are issued on: `/recipe/jwt`, where the SuperTokens client expects it. The service also answers on `/recipe/jwt/jwks`, `/.well-known/jwks.json`, `/apiversion` and `/hello`. All of these are also below `/public`, `/appid-public` and `/appid-public/public`, the names of the default app and tenant of the core.'
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
        'Sources of more claims, in order. They override the payload that the client sends. Default: none.'
      ),
    key: kid.describe('The kid of the key for requests that ask for the static key, as most do.'),
    dynamicKey: kid.describe('The kid of the key for requests that ask for a rotating key.'),
    lifetime: wholeSeconds('1s', '36500d')
      .prefault('36500d')
      .describe(
        'The longest validity that a client may ask for. A rotating key is kept for this long after it last signed. Default: 36500d, which the SuperTokens client asks for unless it is configured otherwise.'
      )
  }
  return section(shape, KRAKEND_ONLY)
}

/** Finds keys of another algorithm than the only one that SuperTokens clients ask for, and routes on paths of the core. */
export function findSupertokensProblems(context: RuleContext): Problem[] {
  return routesWith(context.routes, 'supertokens').flatMap((route) => [
    ...findAlgorithmProblems(route, context),
    ...findHiddenRoutes(route, context)
  ])
}

type SupertokensRoute = ReturnType<typeof routesWith<'supertokens'>>[number]

function findAlgorithmProblems(route: SupertokensRoute, { keys }: RuleContext): Problem[] {
  return [at(route, 'key'), at(route, 'dynamicKey')].flatMap(({ value: kid, path }): Problem[] => {
    const key = kid === undefined ? undefined : keys.find((one) => at(one, 'kid').value === kid)
    const alg = key && at(key, 'alg').value
    return alg === undefined || alg === 'RS256'
      ? []
      : [{ path, message: `expected a key with the alg RS256, found ${alg}` }]
  })
}

/** Both would answer on the same path, and which one does would depend on their order. */
function findHiddenRoutes(route: SupertokensRoute, { paths, listenerOf }: RuleContext): Problem[] {
  const { value: issue } = at(route, 'issue')
  if (issue === undefined) return []
  const listener = listenerOf(route)
  const beside = new Set(Object.values(pathsOf(issue)).flatMap((one) => spellingsOf(one, issue)))
  // Two routes on the same path are found for routes of all kinds.
  beside.delete(issue)
  return paths
    .filter((other) => other.listener === listener && beside.has(other.text))
    .map(({ text, path }) => ({
      path,
      message: `${text} is answered beside ${issue}, expected another path`
    }))
}
