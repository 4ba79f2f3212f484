/** Settings that several kinds of routes have. */
import * as z from 'zod'
import { cookieName } from '../settings/headers.ts'
import { integer } from '../settings/quantities.ts'
import { routePath } from '../settings/route-paths.ts'
import { material, oncePerReader } from '../settings/secrets.ts'
import { section } from '../settings/section.ts'

const API_KEY_LENGTH = 20

/** The listener that a route is on. */
export const on = z
  .string('expected the name of a listener')
  .default('main')
  .describe('The listener that the route is on. Default: main.')

/** Those who may call a route. */
export const callers = oncePerReader(function callers(reader) {
  return section({
    apiKeys: z
      .array(
        material(reader).refine((key) => key.length >= API_KEY_LENGTH, {
          error: `expected at least ${API_KEY_LENGTH} characters`
        }),
        'expected a list of API keys'
      )
      .min(1, 'expected at least one API key')
      .describe(
        'The keys that are accepted, in the `api-key` header or as a Bearer of the Authorization header: each has at least 20 characters. To introspect, to revoke, and with `protocol: oauth`, the password of HTTP Basic may be the key too, with any user name.'
      )
  })
})

/** Who may call a route. */
export const auth = oncePerReader(function auth(reader) {
  return callers(reader).optional().describe('Who may call the route. Default: everybody.')
})

/** How much a route takes at once. */
export const limits = section({
  requests: integer(1, 65_535)
    .optional()
    .describe(
      'Requests in flight on the route, in each worker; beyond it the answer is 429 with `Retry-After`. Checks that are answered at once, without a wait for a verifier or for groups, do not count. Default: no limit.'
    )
})
  .prefault({})
  .describe('How much the route takes at once.')

const PLACES = 'header, query, body or cookie:NAME'
const PLACES_EXPECTED = `expected ${PLACES}`

const place = z
  .union(
    [
      z.enum(['header', 'query', 'body']),
      z.templateLiteral(['cookie:', cookieName], PLACES_EXPECTED)
    ],
    PLACES_EXPECTED
  )
  .meta({ title: PLACES })

/** The places of the token in a request. */
export const tokenPlaces = z
  .array(place, 'expected a list of places')
  .min(1, 'expected at least one place')
  .refine((places) => new Set(places).size === places.length, {
    error: 'expected each place once'
  })
  .meta({ uniqueItems: true })
  .optional()
  .describe(
    'Where a request may carry its token: `header` (Authorization, as a Bearer or bare), `query` and `body` (parameter or form field `access_token`, or `token` of a JSON body), `cookie:NAME`. More than one token in a request is an error. Default: header, query, body; with `forward-auth`, header.'
  )

const DOMAIN_EXPECTED = 'expected a domain such as example.com'

/** The prefix of a cookie that only its host can have set (RFC 6265bis, section 4.1.3.2). Browsers know it in any letters. */
const HOST_PREFIX = /^__host-/i

const cookieSection = section({
  name: cookieName.describe(
    'The name. With the prefix `__Host-`, which is the safest, the path is `/` and there is no domain.'
  ),
  sameSite: z
    .enum(['Strict', 'Lax', 'None'], 'expected Strict, Lax or None')
    .default('Strict')
    .describe('Whether other sites may have it sent: `Strict`, `Lax` or `None`. Default: Strict.'),
  path: routePath.default('/').describe('The path that it is sent to, and below. Default: /.'),
  domain: z
    .string(DOMAIN_EXPECTED)
    .regex(
      /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/i,
      DOMAIN_EXPECTED
    )
    .optional()
    .describe('The domain that it is sent to, with all hosts below. Default: the host alone.')
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

/** The cookie that a token is set as, too. */
export const cookie = cookieSection
  .optional()
  .describe(
    'A cookie that the token is set as beside the answer: Secure, HttpOnly, and kept for as long as the token is valid. Default: none.'
  )
