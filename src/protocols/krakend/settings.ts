/** The settings of a route that signs fields of a remote's reply, as KrakenD's signer does. */
import * as z from 'zod'
import { attempts } from '../../issue/attempts.ts'
import { remoteCallSchema } from '../../issue/sources/remote/settings.ts'
import { at, isGiven, type PartialOf, type Placed } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import { flag, wholeSeconds } from '../../settings/quantities.ts'
import { routePattern } from '../../settings/route-paths.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { kid, typ } from '../../settings/tokens.ts'
import { RELAYS_STATUSES, relay, relaysStatuses } from '../relay.ts'
import { auth, limits, on } from '../route-settings.ts'
import { type RuleContext, routesWith, signersOf } from '../rules.ts'
import { statusesOr } from '../statuses.ts'
import { fieldsToSign } from './fields-to-sign.ts'

export type KrakendRouteConfig = z.output<ReturnType<typeof krakendRouteSchema>>

const ONLY = 'only goes with the protocol krakend'

/** The errors of other protocols for settings that only this one has. */
export const KRAKEND_ONLY = { sign: ONLY, full: ONLY } as const

export function krakendRouteSchema(reader: SecretReader) {
  const shape = {
    issue: routePattern.describe(
      'Path that returns the reply of the remote with signed fields; a segment `{name}` is a path variable.'
    ),
    on,
    protocol: z.literal('krakend', 'expected krakend').describe('The wire format.'),
    auth: auth(reader),
    limits,
    attempts,
    claims: z
      .array(remoteCallSchema(reader), 'expected a list of sources')
      .length(1, 'expected one source')
      .describe('The remote whose reply is signed: a list of one source.'),
    key: kid
      .optional()
      .describe('The kid of the key that signs. Default: the first key that can sign.'),
    lifetime: wholeSeconds('1s', '36500d')
      .optional()
      .describe(
        'The longest time that a signed field is valid. With its own `exp` it may expire sooner. Default: none, only its own `exp` counts, which requires `expiresAt: required`.'
      ),
    expiresAt: z
      .literal('required', 'expected required')
      .optional()
      .describe(
        'With `required`, a field without its own `exp`, or with one that means no expiry, is an error. Default: such a field is valid for its `lifetime`.'
      ),
    sign: fieldsToSign.describe(
      'Paths of the fields of the reply that are replaced by tokens, such as `user.access_token`. A path leads into each item of an array. The field is the claims set of its token, registered claims included. A field that is missing or no object is an error; with `{ path: ..., optional: true }` it may be missing or null.'
    ),
    full: flag
      .prefault(false)
      .describe(
        'Whether tokens are in the flattened JWS JSON serialization (RFC 7515, section 7.2.2), as a string, instead of the compact one. Default: false.'
      ),
    typ,
    statuses: statusesOr('relay'),
    relay
  }
  return section(shape, { cookie: 'does not go with the protocol krakend' })
    .refine(relaysStatuses, RELAYS_STATUSES)
    .refine(({ lifetime, expiresAt }) => lifetime !== undefined || expiresAt !== undefined, {
      error: 'expected lifetime, or expiresAt: required'
    })
}

/** Finds routes without a lifetime where generated keys or revocations have to be kept until the last token has expired. */
export function findKrakendProblems(context: RuleContext): Problem[] {
  return routesWith(context.routes, 'krakend').flatMap((route) => {
    const lifetime = at(route, 'lifetime')
    if (isGiven(lifetime)) return []
    return listKept(route, context).map((kept) => ({
      path: lifetime.path,
      message: `expected a lifetime, for ${kept} until the last token has expired`
    }))
  })
}

function listKept(
  route: Placed<PartialOf<KrakendRouteConfig>>,
  { keys, revocation }: RuleContext
): string[] {
  const isGenerated = signersOf(at(route, 'key'), keys).some(
    (key) => at(key, 'origin').value === 'generate'
  )
  const isRevocable = isGiven(revocation) && !isGiven(at(revocation, 'keep'))
  return [
    ...(isGenerated ? ['generated keys are kept'] : []),
    ...(isRevocable ? ['revocations without `keep` are kept'] : [])
  ]
}
