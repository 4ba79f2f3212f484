/** Credentials of callers: API keys, and the tokens to be checked. */
import type { CheckRouteConfig } from '../check/settings.ts'
import type { RouteConfig } from '../registry.ts'
import { PARAMETER, partsOf, type TokenPlace } from '../token-places.ts'
import { failures } from './failures.ts'
import { fields, form, json, type Operation, type Paths, schemaRef } from './parts.ts'

type Security = NonNullable<Operation['security']>

/** All schemes; a document has the ones that its routes use. */
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

const CHECKED = 'The token that is checked'

/** The schemes for tokens in places that have their names from the configuration, or that are no parameters of their own. */
export function placeSchemes(routes: readonly RouteConfig[]): Record<string, object> {
  const places = routes.flatMap((route) => ('check' in route ? (route.token ?? []) : []))
  return Object.fromEntries(
    places.flatMap((place) => {
      const scheme = schemeFor(place)
      return scheme === undefined ? [] : [[schemeOf(place), scheme]]
    })
  )
}

/** OpenAPI has no notation for tokens inside of header fields: the description explains where they are. */
function schemeFor(place: TokenPlace): object | undefined {
  const [kind, name] = partsOf(place)
  switch (kind) {
    case 'header':
    case 'query':
      return name === undefined
        ? undefined
        : { type: 'apiKey', in: kind, name, description: `${CHECKED}.` }
    case 'cookie':
      return { type: 'apiKey', in: 'cookie', name, description: `${CHECKED}.` }
    case 'scheme':
      return { type: 'http', scheme: name, description: `${CHECKED}.` }
    case 'uri':
      return {
        type: 'apiKey',
        in: 'header',
        name: 'X-Forwarded-Uri',
        description: `${CHECKED} is the parameter ${name ?? PARAMETER} of this URL. It may come as X-Original-URI or X-Original-URL.`
      }
    case 'websocket':
      return {
        type: 'apiKey',
        in: 'header',
        name: 'Sec-WebSocket-Protocol',
        description: `${CHECKED} is one of these protocols, after bearer.`
      }
    default:
      return undefined
  }
}

/** Who may call a route. Nothing where anyone may. */
export function callers(auth: object | undefined): { readonly security?: Security } {
  return auth === undefined ? {} : { security: [{ apiKey: [] }, { apiKeyBearer: [] }] }
}

/** The same for formats of OAuth, whose clients know of passwords (RFC 6749, section 2.3.1). */
export function oauthCallers(auth: object | undefined): { readonly security?: Security } {
  const { security } = callers(auth)
  return security === undefined ? {} : { security: [...security, { apiKeyBasic: [] }] }
}

/** Fields of a form that identify the caller, in place of a header (RFC 6749, section 2.3.1). None where anyone may call. */
export function clientFields(auth: object | undefined): Readonly<Record<string, string>> {
  return auth === undefined
    ? {}
    : {
        client_id: 'Any name.',
        client_secret: 'The API key, where no header has it.'
      }
}

/** The places of a token, and who may call. A token in the body is described with the body. */
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
  return place.replace(':', '-').replace(/[^\w.-]/g, '_')
}

/** A token in examples. Nobody can write a valid one ahead. */
export const PASTED = 'PASTE_A_TOKEN_HERE'
export const PASTE = 'In the example, replace the text by a token that an issue route returns.'

/** The body of a request that may carry a token there. */
export function tokenBody(places: readonly TokenPlace[]): Pick<Operation, 'requestBody'> {
  if (!places.includes('body')) return {}
  return {
    requestBody: {
      description: PASTE,
      content: {
        ...json(fields({ token: 'The token.' }), { token: PASTED }),
        ...form(fields({ access_token: 'The token.' }), { access_token: PASTED })
      }
    }
  }
}

/** Adds to GET paths who may read them, and the answer to others. */
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
