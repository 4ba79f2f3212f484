/** The settings of a route that issues tokens. */
import * as z from 'zod'
import { attempts } from '../../issue/attempts.ts'
import { refresh } from '../../issue/refresh/refresh.ts'
import { sourcesSchema } from '../../issue/sources/registry.ts'
import { optionalPath } from '../../settings/json.ts'
import { flag, offset } from '../../settings/quantities.ts'
import { routePattern } from '../../settings/route-paths.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { kid, lifetime, typ } from '../../settings/tokens.ts'
import { KRAKEND_ONLY } from '../krakend/settings.ts'
import { RELAYS_STATUSES, relay, relaysStatuses } from '../relay.ts'
import { auth, cookie, limits, on } from '../route-settings.ts'
import { statuses } from '../statuses.ts'

/** @template Name the names of the wire formats */
export type IssueRouteConfig<Name extends string = string> = z.output<
  ReturnType<typeof issueRouteSchema<Name>>
>

/** @param protocols the names of the wire formats; the first is the default */
export function issueRouteSchema<Name extends string>(
  reader: SecretReader,
  protocols: readonly [Name, ...Name[]]
) {
  const shape = {
    issue: routePattern.describe(
      'Path that tokens are issued on; a segment `{name}` is a path variable.'
    ),
    on,
    protocol: z
      .enum(protocols, `expected ${protocols.join(', ')}, krakend or supertokens`)
      .default(protocols[0])
      .describe(`The wire format. Default: ${protocols[0]}.`),
    auth: auth(reader),
    limits,
    attempts,
    claims: sourcesSchema(reader),
    key: kid
      .optional()
      .describe('The kid of the key that signs. Default: the first key that can sign.'),
    lifetime: lifetime
      .prefault('1h')
      .describe(
        'How long a token is valid: a duration, or `{ body, max }`, where `body` is the path in the JSON of the client (or the field of a form) to the seconds that it asks for, and `max` is the most that it gets. Default: 1h.'
      ),
    expiresAt: optionalPath
      .optional()
      .describe(
        'Path of an expiry time in the reply of the only remote source. A token expires at that time, or after its `lifetime` if that is sooner. The time is a number of seconds or milliseconds since 1970, a number under 1000000000 of seconds from now on, either of these as text, or a date of ISO 8601 or HTTP with its zone. If the path ends with `expires_in`, `expiresIn` or `ttl`, larger numbers are seconds from now on, too. Null, 0, -1, `never`, zero dates and dates after the year 9999 mean no expiry. A reply without it is an error, unless the path ends with `?`. Default: none.'
      ),
    notBefore: offset('1d')
      .optional()
      .describe(
        'When a token becomes valid (`nbf`), counted from its `iat`: `-15s` is for clocks that are 15 seconds behind. Default: none, it has no nbf.'
      ),
    jti: flag
      .default(false)
      .describe(
        'Whether each token has an id (`jti`): 16 random bytes in base64url. With `revocation`, each token has one. Default: false.'
      ),
    typ,
    cookie,
    refresh,
    statuses,
    relay
  }
  return section(shape, KRAKEND_ONLY)
    .refine(relaysStatuses, RELAYS_STATUSES)
    .refine(({ refresh, lifetime }) => refresh === undefined || typeof lifetime === 'number', {
      error: 'expected a duration, since whoever refreshes a token is not asked for one',
      path: ['lifetime']
    })
}
