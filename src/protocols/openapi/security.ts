/** What callers show: API keys, and the tokens that are to be checked. */
import type { CheckRouteConfig } from '../check/settings.ts'
import type { RouteConfig } from '../registry.ts'
import type { TokenPlace } from '../token-places.ts'
import { failures } from './failures.ts'
import { fields, form, json, type Operation, type Paths, schemaRef } from './parts.ts'

type Security = NonNullable<Operation['security']>

/** All schemes; a document has those that its routes name. */
export const SECURITY_SCHEMES = {
  apiKey: { type: 'apiKey', in: 'header', name: 'api-key' },
  apiKeyBearer: { type: 'http', scheme: 'bearer', description: 'The API key.' },
  apiKeyBasic: {
    type: 'http',
    scheme: 'basic',
    description: 'The API key as the password, with any user name.'
  },
  header: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The token that is checked.'
  },
  query: {
    type: 'apiKey',
    in: 'query',
    name: 'access_token',
    description: 'The token that is checked.'
  }
} as const

const COOKIE = /^cookie:(.+)$/

/** The schemes for tokens in cookies, which have their names from the configuration. */
export function cookieSchemes(routes: readonly RouteConfig[]): Record<string, object> {
  const places = routes.flatMap((route) => ('check' in route ? (route.token ?? []) : []))
  return Object.fromEntries(
    places.flatMap((place) => {
      const [, name] = COOKIE.exec(place) ?? []
      if (name === undefined) return []
      const scheme = {
        type: 'apiKey',
        in: 'cookie',
        name,
        description: 'The token that is checked.'
      }
      return [[schemeOf(place), scheme]]
    })
  )
}

/** Who may call a route. Nothing where everybody may. */
export function callers(auth: object | undefined): { readonly security?: Security } {
  return auth === undefined ? {} : { security: [{ apiKey: [] }, { apiKeyBearer: [] }] }
}

/** The same for formats of OAuth, whose clients know of passwords (RFC 6749, section 2.3.1). */
export function oauthCallers(auth: object | undefined): { readonly security?: Security } {
  const { security } = callers(auth)
  return security === undefined ? {} : { security: [...security, { apiKeyBasic: [] }] }
}

/** Where a token is taken from, and who may show it. A token in the body is described with the body. */
export function tokenSecurity(
  { auth }: Pick<CheckRouteConfig, 'auth'>,
  token: readonly TokenPlace[],
  method: 'get' | 'post'
): Security {
  const places = token.filter((place) => place !== 'body' || method === 'post')
  return places.map((place) => ({
    ...(auth !== undefined && { apiKey: [] }),
    ...(place !== 'body' && { [schemeOf(place)]: [] })
  }))
}

/** Names of schemes have no colons. */
function schemeOf(place: TokenPlace): string {
  return place.replace(COOKIE, 'cookie-$1').replace(/[^\w.-]/g, '_')
}

/** The body of a request that may carry a token there. */
export function tokenBody(places: readonly TokenPlace[]): Pick<Operation, 'requestBody'> {
  if (!places.includes('body')) return {}
  return {
    requestBody: {
      content: {
        ...json(fields({ token: 'The token.' })),
        ...form(fields({ access_token: 'The token.' }))
      }
    }
  }
}

/** Adds to paths that are read by GET who may read them, and the answer to anybody else. */
export function forCallers(auth: object | undefined, paths: Paths): Paths {
  if (auth === undefined) return paths
  const rejected = failures([401], json(schemaRef('Error')))
  return Object.fromEntries(
    Object.entries(paths).map(([path, { get }]) => {
      if (get === undefined) return [path, {}]
      const responses = { ...get.responses, ...rejected }
      return [path, { get: { ...get, ...callers(auth), responses } }]
    })
  )
}
