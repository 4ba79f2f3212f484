/** The settings of a route that checks tokens. */
import * as z from 'zod'
import { groupsCache, groupsSchema } from '../../check/groups/settings.ts'
import { requireSchema } from '../../check/require-settings.ts'
import { verifierSchema } from '../../check/verifiers/settings.ts'
import { duration, flag, size } from '../../settings/quantities.ts'
import { routePath } from '../../settings/route-paths.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { claimHeaders } from '../forward-auth/claim-headers-settings.ts'
import { auth, limits, on } from '../route-settings.ts'
import { tokenPlaces } from '../token-places-settings.ts'

export type CheckRouteConfig = z.output<ReturnType<typeof checkRouteSchema>>

/** The wire formats that tokens are checked in. */
const CHECK_PROTOCOLS = ['txtoken', 'okera', 'introspection', 'forward-auth'] as const

export function checkRouteSchema(reader: SecretReader) {
  return section({
    check: routePath.describe('Path that tokens are checked on.'),
    on,
    protocol: z
      .enum(CHECK_PROTOCOLS, `expected ${CHECK_PROTOCOLS.join(', ')}`)
      .default('txtoken')
      .describe('The wire format. Default: txtoken.'),
    auth: auth(reader),
    limits,
    token: tokenPlaces,
    verify: z
      .array(verifierSchema(reader), 'expected a list of verifiers')
      .min(1, 'expected at least one verifier')
      .describe('The verifiers, in order.'),
    onRefusal: z
      .enum(['end', 'next'], 'expected end or next')
      .default('end')
      .describe(
        'What follows when a verifier refuses a token that it should know: `end` of the check, or the `next` verifier may accept it. Default: end.'
      ),
    onUnavailable: z
      .enum(['end', 'next'], 'expected end or next')
      .default('end')
      .describe(
        'What follows when a verifier cannot be asked: `end` of the check, or the `next` verifier may accept the token; where none does, the answer is 503. Default: end.'
      ),
    cache: size('0B', '1024MiB')
      .prefault('2MiB')
      .describe(
        'How many tokens that were verified are remembered, by the size of their texts: those are not verified anew. Times, revocations and the end of keys count all the same. 0B is off. Default: 2MiB.'
      ),
    groups: groupsSchema(reader),
    groupsCache,
    require: requireSchema,
    requireExp: flag
      .prefault(true)
      .describe(
        'Whether a token has to have an end (`exp`). Without one it is good as long as its key. Default: true.'
      ),
    skew: duration('0s', '5m')
      .prefault('0s')
      .describe(
        'Clock difference that is forgiven in `exp`, `nbf`, `iat` and `maxAge`. Default: 0s.'
      ),
    reasons: flag
      .prefault(false)
      .describe(
        'Whether a refusal says its reason code, which the log and the metrics have in any case, to the client too. Default: false.'
      ),
    headers: claimHeaders
  })
    .refine(({ protocol, token }) => protocol !== 'introspection' || token === undefined, {
      error: 'introspection takes the token from its form (RFC 7662, section 2.1), expected none',
      path: ['token']
    })
    .refine(({ protocol, auth }) => protocol !== 'introspection' || auth !== undefined, {
      error: 'expected auth: who may introspect tokens has to be said (RFC 7662, section 2.1)',
      path: ['auth']
    })
    .refine(({ protocol, reasons }) => protocol !== 'introspection' || !reasons, {
      error: 'introspection never says why a token is not active (RFC 7662, section 2.2)',
      path: ['reasons']
    })
    .refine(({ groups, require }) => groups !== undefined || require.groups === undefined, {
      error: 'expected groups: where they are looked for has to be said',
      path: ['require', 'groups']
    })
    .refine(({ protocol, headers }) => protocol === 'forward-auth' || headers === undefined, {
      error: 'only goes with protocol: forward-auth',
      path: ['headers']
    })
    .refine(({ protocol, token }) => protocol !== 'forward-auth' || !token?.includes('body'), {
      error: 'forward-auth never reads a body, expected other places',
      path: ['token']
    })
}
