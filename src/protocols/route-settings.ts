/** Settings that several kinds of routes have. */
import * as z from 'zod'
import { cookieName } from '../settings/headers.ts'
import { integer } from '../settings/quantities.ts'
import { routePath } from '../settings/route-paths.ts'
import { oncePerReader, sharedSecret } from '../settings/secrets.ts'
import { section } from '../settings/section.ts'
import { PARAMETER, partsOf, type TokenPlace, URI_HEADERS } from './token-places.ts'

const API_KEY_LENGTH = 20

/** The listener that a route is on. */
export const on = z
  .string('expected the name of a listener')
  .default('main')
  .describe('The listener that the route is on. Default: main.')

/** The callers of a route. */
export const callers = oncePerReader(function callers(reader) {
  return section({
    apiKeys: z
      .array(
        sharedSecret(reader).refine((key) => key.length >= API_KEY_LENGTH, {
          error: `expected at least ${API_KEY_LENGTH} characters`
        }),
        'expected a list of API keys'
      )
      .min(1, 'expected at least one API key')
      .describe(
        'The accepted API keys, each of at least 20 characters. Callers send one in the `api-key` header, or as a Bearer in the Authorization header. Routes that introspect or revoke, and those with `protocol: oauth`, also accept it as the password of HTTP Basic, with any user name. Routes that introspect or revoke also accept it as `client_secret` of the form, with any `client_id`.'
      )
  })
})

/** Who may call a route. */
export const auth = oncePerReader(function auth(reader) {
  return callers(reader).optional().describe('Who may call the route. Default: everybody.')
})

/** The limits of a route. */
export const limits = section({
  requests: integer(1, 65_535)
    .optional()
    .describe(
      'The most requests in flight on the route, in each worker. Beyond it the answer is 429 with `Retry-After`. Checks that wait for no verifier and for no groups do not count. Default: no limit.'
    )
})
  .prefault({})
  .describe('How many requests the route handles at once.')

const PLACES =
  'header, header:NAME, scheme:NAME, query, query:NAME, body, cookie:NAME, uri, uri:NAME or websocket'
const PLACES_EXPECTED = `expected ${PLACES}`

/** Header fields that other places read, or that a place would misread. */
const PLACES_OF_HEADERS: Readonly<Record<string, string>> = {
  authorization: 'header, or scheme:NAME',
  cookie: 'cookie:NAME',
  'sec-websocket-protocol': 'websocket',
  ...Object.fromEntries(URI_HEADERS.map((name) => [name, 'uri']))
}
/** Schemes of Authorization that carry a token in another way, or that `header` reads. */
const PLACES_OF_SCHEMES: Readonly<Record<string, string>> = {
  bearer: 'header',
  basic: 'another scheme, since Basic carries a name and a password',
  digest: 'another scheme, since Digest carries no token'
}

/** RFC 9110, section 5.6.2, as names of fields and schemes are. */
const token = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/)
/** Characters that no query encodes (RFC 3986, section 2.3), and brackets, which some frameworks have in names. */
const parameterName = z.string().regex(/^[\w.~[\]-]+$/)

const place = z
  .union(
    [
      z.enum(['header', 'query', 'body', 'uri', 'websocket']),
      z.templateLiteral(['header:', token], PLACES_EXPECTED),
      z.templateLiteral(['scheme:', token], PLACES_EXPECTED),
      z.templateLiteral(['query:', parameterName], PLACES_EXPECTED),
      z.templateLiteral(['uri:', parameterName], PLACES_EXPECTED),
      z.templateLiteral(['cookie:', cookieName], PLACES_EXPECTED)
    ],
    PLACES_EXPECTED
  )
  .superRefine((value, context) => {
    const [kind, name = ''] = partsOf(value)
    const others = { header: PLACES_OF_HEADERS, scheme: PLACES_OF_SCHEMES }[kind] ?? {}
    const expected = others[name.toLowerCase()]
    if (expected !== undefined) {
      context.addIssue({ code: 'custom', message: `expected ${expected}` })
    }
  })
  .meta({ title: PLACES })

/** A place in one spelling: names of fields and schemes have no case, and `query` is a short name. */
function plainPlace(place: TokenPlace): string {
  const [kind, name] = partsOf(place)
  if (kind === 'query' || kind === 'uri') return `${kind}:${name ?? PARAMETER}`
  return kind === 'cookie' ? place : place.toLowerCase()
}

/** The places of the token in a request. */
export const tokenPlaces = z
  .array(place, 'expected a list of places')
  .min(1, 'expected at least one place')
  .refine((places) => new Set(places.map(plainPlace)).size === places.length, {
    error: 'expected each place once'
  })
  .meta({ uniqueItems: true })
  .optional()
  .describe(
    'Where a request may carry its token: `header` (Authorization, with or without `Bearer`), `header:NAME` (another header, with or without `Bearer`), `scheme:NAME` (Authorization with another scheme, such as `JWT`), `query` (the parameter `access_token`), `query:NAME` (another parameter), `body` (the form field `access_token`, or `token` of a JSON body), `cookie:NAME`, `websocket` (a subprotocol that a browser offers for a WebSocket). With `forward-auth` also `uri` and `uri:NAME`: the parameter `access_token`, or NAME, in the URL that the gateway passes on as `X-Forwarded-Uri`, `X-Original-URI` or `X-Original-URL`. A token in a header takes precedence over tokens in cookies. Any other two tokens are an error. Default: header, query, body; with `forward-auth`, header.'
  )

const DOMAIN_EXPECTED = 'expected a domain such as example.com'

/** The prefix of a cookie that only its host can have set (RFC 6265bis, section 4.1.3.2). Browsers accept it in any case. */
const HOST_PREFIX = /^__host-/i

const cookieSection = section({
  name: cookieName.describe(
    'The name of the cookie. With the prefix `__Host-`, which is the safest, the path is `/` and there is no domain.'
  ),
  sameSite: z
    .enum(['Strict', 'Lax', 'None'], 'expected Strict, Lax or None')
    .default('Strict')
    .describe(
      'Whether browsers send the cookie with requests from other sites: `Strict`, `Lax` or `None`. Default: Strict.'
    ),
  path: routePath
    .default('/')
    .describe('Browsers send the cookie to this path, and below. Default: /.'),
  domain: z
    .string(DOMAIN_EXPECTED)
    .regex(
      /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/i,
      DOMAIN_EXPECTED
    )
    .optional()
    .describe(
      'Browsers send the cookie to this domain, and to all hosts below. Default: only the host that set it.'
    )
})
  .refine(({ name, path }) => !HOST_PREFIX.test(name) || path === '/', {
    error: 'expected / for a name with the prefix __Host-',
    path: ['path']
  })
  .refine(({ name, domain }) => !HOST_PREFIX.test(name) || domain === undefined, {
    error: 'expected none for a name with the prefix __Host-',
    path: ['domain']
  })

export type CookieConfig = z.output<typeof cookieSection>

/** Whether browsers send a cookie with a request for a path (RFC 6265, section 5.1.4). */
export function isSentTo(path: string, cookiePath: string): boolean {
  const below = cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`
  return path === cookiePath || path.startsWith(below)
}

/** The cookie that a token is also set as. */
export const cookie = cookieSection
  .optional()
  .describe(
    'Also sets the token as a cookie: Secure, HttpOnly, and kept for as long as the token is valid. Default: none.'
  )
