/** The interface of every kind of source of groups. A new one is a file, and a line in the registry. */
import type * as z from 'zod'
import type { Address } from '../../remote/address.ts'
import type { Endpoint, EndpointOptions } from '../../remote/endpoint.ts'
import type { WithProxySetting } from '../../remote/proxy/proxies.ts'
import type { Limits } from '../../settings/limits.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import type { GroupResolver } from './group-resolver.ts'
import type { LdapDirectory, LdapDirectoryOptions } from './ldap/ldap-directory.ts'
import type { GroupLookup } from './subject-groups.ts'

/** What the service gives to all places of groups. The giver of clients closes them. */
export interface GroupServices {
  readonly limits: Pick<Limits, 'depth' | 'reply' | 'calls'>
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Makes the client for the endpoint of a URL. */
  readonly connectEndpoint: (
    url: string,
    options: WithProxySetting<Omit<EndpointOptions, 'userAgent' | 'onOutcome'>>
  ) => Endpoint
  readonly connectDirectory: (
    options: Omit<LdapDirectoryOptions, 'observe' | 'report'>
  ) => LdapDirectory
}

/** What the places of one route are built with. */
export interface GroupContext extends GroupServices {
  /** Makes a place from a look-up by claims, with the cache of the route. */
  readonly bySubject: (lookup: GroupLookup) => GroupResolver
}

/** A kind of place: everything that others need to know of it. */
export interface GroupKind<Config> {
  /** The value of `from`. */
  readonly from: string
  settings(reader: SecretReader): z.ZodType<Config>
  /** @param later the places of this kind that the route asks after this one */
  create(config: Config, context: GroupContext, later: readonly Config[]): GroupResolver
  /** What it connects to. */
  addresses(config: Config): readonly Address[]
}
