/** The settings of a route that checks tokens. */
import * as z from 'zod'
import { groupsCache, groupsSchema } from '../../check/groups/registry.ts'
import { requireSchema } from '../../check/require-settings.ts'
import { DEFAULT_SKEW_SECONDS } from '../../check/requirements.ts'
import { verifierSchema } from '../../check/verifiers/registry.ts'
import { flag, seconds, size } from '../../settings/quantities.ts'
import { routePath } from '../../settings/route-paths.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { claimHeaders, preflight } from '../forward-auth/settings.ts'
import { auth, limits, on, tokenPlaces } from '../route-settings.ts'
import { partsOf, type TokenPlace } from '../token-places.ts'

/** The setting `skew`, of the flat form as well. In seconds once parsed. */
export const skew = seconds('0s', '5m')
  .prefault(`${DEFAULT_SKEW_SECONDS}s`)
  .describe(
    `Clock difference that is tolerated in \`exp\`, \`nbf\` and \`maxAge\`. For \`iat\` it is at least a minute. Default: ${DEFAULT_SKEW_SECONDS}s.`
  )

/** @template Name the names of the wire formats */
export type CheckRouteConfig<Name extends string = string> = z.output<
  ReturnType<typeof createSection<Name>>
>

/** A requirement of a wire format on the settings of its routes. */
export interface CheckRule {
  readonly isMet: (settings: CheckRouteConfig) => boolean
  readonly error: string
  /** The setting that is reported if the requirement is not met. */
  readonly path: string[]
}

/** The part of a wire format that concerns the settings. */
interface CheckProtocolRules<Name extends string> {
  readonly name: Name
  readonly settings?: readonly CheckRule[]
}

/** @param protocols the wire formats; the first is the default */
export function checkRouteSchema<Name extends string>(
  reader: SecretReader,
  protocols: readonly [CheckProtocolRules<Name>, ...CheckProtocolRules<Name>[]]
) {
  const rules = protocols.flatMap(({ name, settings = [] }) =>
    settings.map(({ isMet, ...rest }) => ({
      ...rest,
      isMet: (settings: CheckRouteConfig) => settings.protocol !== name || isMet(settings)
    }))
  )
  const [first, ...others] = protocols
  return rules.reduce(
    (schema, { isMet, error, path }) => schema.refine(isMet, { error, path }),
    createSection<Name>(reader, [first.name, ...others.map(({ name }) => name)])
  )
}

function createSection<Name extends string>(
  reader: SecretReader,
  protocols: readonly [Name, ...Name[]]
) {
  return section({
    check: routePath.describe('Path that tokens are checked on.'),
    on,
    protocol: z
      .enum(protocols, `expected ${protocols.join(', ')}`)
      .default(protocols[0])
      .describe(`The wire format. Default: ${protocols[0]}.`),
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
        'What happens when a verifier rejects a token that it should know: `end` ends the check; with `next`, the next verifier may accept the token. Default: end.'
      ),
    onUnavailable: z
      .enum(['end', 'next'], 'expected end or next')
      .default('end')
      .describe(
        'What happens when a verifier cannot be asked: `end` ends the check; with `next`, the next verifier may accept the token. If none accepts it, the answer is 503. Default: end.'
      ),
    cache: size('0B', '1024MiB')
      .prefault('8MiB')
      .describe(
        'Approximate memory for verified tokens, which are then not verified again. A token of 500 characters takes 3 KB. Times, revocation and keys are still checked each time. 0B turns it off. Default: 8MiB.'
      ),
    groups: groupsSchema(reader),
    groupsCache,
    require: requireSchema,
    requireExp: flag
      .prefault(true)
      .describe(
        'Whether a token has to have an `exp`. A token without one is valid for as long as its key. Opaque tokens need none, because their issuer is asked. Default: true.'
      ),
    skew,
    reasons: flag
      .prefault(false)
      .describe(
        'Whether the client, too, gets the reason why its token is rejected. The log and the metrics always have it. Default: false.'
      ),
    headers: claimHeaders,
    preflight
  })
    .refine(({ groups, require }) => groups !== undefined || require.groups === undefined, {
      error: 'expected groups, which names where they are looked for',
      path: ['require', 'groups']
    })
    .refine(({ protocol, headers }) => protocol === 'forward-auth' || headers === undefined, {
      error: 'only goes with protocol: forward-auth',
      path: ['headers']
    })
    .refine(({ protocol, token }) => protocol === 'forward-auth' || !token?.some(isForwarded), {
      error: 'uri is the URL that a gateway passes on, and only goes with protocol: forward-auth',
      path: ['token']
    })
    .refine(({ protocol, preflight }) => protocol === 'forward-auth' || preflight === undefined, {
      error: 'only goes with protocol: forward-auth',
      path: ['preflight']
    })
}

function isForwarded(place: TokenPlace): boolean {
  return partsOf(place)[0] === 'uri'
}

/** How long after its `exp` a token may still pass a check route, in milliseconds: keys and revocations are kept for as long. */
export function longestSkewMs(routes: readonly object[]): number {
  const skews = routes.map((route: { readonly check?: unknown; readonly skew?: number }) =>
    route.check === undefined ? 0 : (route.skew ?? 0) * 1000
  )
  return Math.max(0, ...skews)
}
