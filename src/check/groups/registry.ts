/** The kinds of places that the groups of a subject may come from: their settings, and the function that finds groups. */
import * as z from 'zod'
import { type Address, addressesBelow } from '../../remote/address.ts'
import { expectedKind, schemasOf } from '../../settings/kinds.ts'
import { duration, integer } from '../../settings/quantities.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import type { Named } from '../explain.ts'
import { endpointKind } from './endpoint-groups.ts'
import type { GroupContext, GroupKind, GroupServices } from './group-kind.ts'
import {
  createRequiredGroups,
  createResolveGroups,
  type GroupResolver,
  type ResolveGroups
} from './group-resolver.ts'
import { ldapKind } from './ldap/ldap-groups.ts'
import { createSubjectGroups } from './subject-groups.ts'
import { tokenKind } from './token-groups.ts'

/** In the order of the reference. */
const GROUP_KINDS = [tokenKind, ldapKind, endpointKind] as const

/** The settings of one place. */
type GroupConfig = z.output<ReturnType<(typeof GROUP_KINDS)[number]['settings']>>

/** The `groups` of a route. */
export function groupsSchema(reader: SecretReader) {
  const place = z.discriminatedUnion('from', schemasOf(GROUP_KINDS, reader), {
    error: expectedKind(GROUP_KINDS)
  })
  return z
    .array(place, 'expected a list of places')
    .min(1, 'expected at least one place')
    .optional()
    .describe(
      'Where the groups of the subject come from. The places are asked in order, and the groups of the first one with an answer become the claim `groups`. Default: the claims are not changed.'
    )
}

/** The setting `groupsCache`. */
export const groupsCache = section({
  for: duration('0s', '1h')
    .prefault('30s')
    .describe(
      'How long the groups of a subject are kept, and also the answer that a place does not know the subject. With 0s every check asks. Default: 30s.'
    ),
  entries: integer(1, 1_000_000)
    .prefault(10_000)
    .describe('The most subjects whose groups are kept. Default: 10000.')
})
  .prefault({})
  .describe('The cache of groups that do not come from the token. Each place has its own.')

/** The settings of a route that are about groups. */
interface RouteGroupsConfig {
  readonly groups?: readonly GroupConfig[] | undefined
  readonly groupsCache: z.output<typeof groupsCache>
  readonly require: { readonly groups?: readonly string[] | undefined }
}

/** Makes the places that the groups of a route come from, each by itself, with the names of their settings. */
export function createGroupPlaces(
  { groups = [], groupsCache }: RouteGroupsConfig,
  services: GroupServices
): readonly Named<GroupResolver>[] {
  const cache = { forMs: groupsCache.for, entries: groupsCache.entries }
  const context: GroupContext = {
    ...services,
    bySubject: (lookup) => createSubjectGroups({ lookup, cache, now: services.now })
  }
  return groups.map((config, index) => ({
    name: `groups[${index}] ${config.from}`,
    step: kindOf(config).create(
      config,
      context,
      groups.slice(index + 1).filter(({ from }) => from === config.from)
    )
  }))
}

/** Makes the function that finds the groups of a route; undefined for a route without `groups`. */
export function arrangeGroups(
  places: readonly GroupResolver[],
  { groups, require }: RouteGroupsConfig
): ResolveGroups | undefined {
  if (groups === undefined) return undefined
  const resolveGroups = createResolveGroups(places)
  return require.groups === undefined
    ? resolveGroups
    : createRequiredGroups(resolveGroups, require.groups)
}

/**
 * The addresses that places of groups connect to.
 * @param setting the one that lists the places
 */
export function addressesOfGroups(
  setting: string,
  configs: readonly GroupConfig[] | undefined
): Address[] {
  return addressesBelow(setting, configs, (config) => kindOf(config).addresses(config))
}

function kindOf(config: GroupConfig): GroupKind<GroupConfig> {
  const kinds: readonly GroupKind<GroupConfig>[] = GROUP_KINDS
  const kind = kinds.find(({ from }) => from === config.from)
  if (kind === undefined)
    throw new TypeError(`found a place of groups of an unknown kind: ${config.from}`)
  return kind
}
