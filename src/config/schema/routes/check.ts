/** The settings of a route that checks tokens. */
import { z } from 'zod'
import type { SecretReader } from '../../secrets.ts'
import { routePath, section, size } from '../fields.ts'
import { groupsCache, groupsSchema } from '../groups/group-source.ts'
import { verifierSchema } from '../verifiers/verifier.ts'
import { auth, limits, on } from './route.ts'
import { tokenPlaces } from './token-places.ts'

export type CheckRouteConfig = z.output<ReturnType<typeof checkRouteSchema>>

/** The wire formats that tokens are checked in. */
const CHECK_PROTOCOLS = ['txtoken', 'okera', 'introspection'] as const

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
    groupsCache
  })
    .refine(({ protocol, token }) => protocol !== 'introspection' || token === undefined, {
      error: 'introspection takes the token from its form (RFC 7662, section 2.1), expected none',
      path: ['token']
    })
    .refine(({ protocol, auth }) => protocol !== 'introspection' || auth !== undefined, {
      error: 'expected auth: who may introspect tokens has to be said (RFC 7662, section 2.1)',
      path: ['auth']
    })
}
