/** The settings of a route that checks tokens. */
import * as z from 'zod'
import { groupsCache, groupsSchema } from '../../check/groups/registry.ts'
import { requireSchema } from '../../check/require-settings.ts'
import { verifierSchema } from '../../check/verifiers/registry.ts'
import { flag, seconds, size } from '../../settings/quantities.ts'
import { routePath } from '../../settings/route-paths.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { claimHeaders } from '../forward-auth/settings.ts'
import { auth, limits, on, tokenPlaces } from '../route-settings.ts'

/** @template Name the names of the wire formats */
export type CheckRouteConfig<Name extends string = string> = z.output<
  ReturnType<typeof createSection<Name>>
>

/** What a wire format requires of the settings of its routes. */
export interface CheckRule {
  readonly isMet: (settings: CheckRouteConfig) => boolean
  readonly error: string
  /** The setting that is wrong where the rule is not met. */
  readonly path: string[]
}

/** A wire format, as far as the settings know it. */
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
        'What follows when a verifier rejects a token that it should know: `end` of the check, or the `next` verifier may accept it. Default: end.'
      ),
    onUnavailable: z
      .enum(['end', 'next'], 'expected end or next')
      .default('end')
      .describe(
        'What follows when a verifier cannot be asked: `end` of the check, or the `next` verifier may accept the token; where none does, the answer is 503. Default: end.'
      ),
    cache: size('0B', '1024MiB')
      .prefault('8MiB')
      .describe(
        'About the memory that verified tokens may take, which are not verified again: 3 KB for a token of 500 characters. Their times, revocations and keys are checked in any case. 0B is off. Default: 8MiB.'
      ),
    groups: groupsSchema(reader),
    groupsCache,
    require: requireSchema,
    requireExp: flag
      .prefault(true)
      .describe(
        'Whether a token has to have an `exp`. Without one it is valid for as long as its key. Default: true.'
      ),
    skew: seconds('0s', '5m')
      .prefault('0s')
      .describe(
        'Clock difference that is allowed for in `exp`, `nbf`, `iat` and `maxAge`. Default: 0s.'
      ),
    reasons: flag
      .prefault(false)
      .describe(
        'Whether the error for a rejected token shows the reason code to the client too. The log and the metrics have it in any case. Default: false.'
      ),
    headers: claimHeaders
  })
    .refine(({ groups, require }) => groups !== undefined || require.groups === undefined, {
      error: 'expected groups, which names where they are looked for',
      path: ['require', 'groups']
    })
    .refine(({ protocol, headers }) => protocol === 'forward-auth' || headers === undefined, {
      error: 'only goes with protocol: forward-auth',
      path: ['headers']
    })
}
