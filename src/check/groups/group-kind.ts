/** What every kind of source of groups provides, and what it is built with. A new one is a file, and a line in the registry. */
import type * as z from 'zod'
import type { Address } from '../../remote/address.ts'
import type { Endpoint, EndpointOptions } from '../../remote/endpoint.ts'
import type { Limits } from '../../settings/limits.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import type { GroupResolver } from './group-resolver.ts'
import type { LdapConnection, LdapConnectionOptions } from './ldap/ldap-connection.ts'
import type { GroupLookup } from './subject-groups.ts'

/** What the service gives to all places of groups. Whoever gives clients closes them. */
export interface GroupServices {
  readonly limits: Pick<Limits, 'depth' | 'reply' | 'calls'>
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Makes the client for the endpoint of a URL. */
  readonly connectEndpoint: (
    url: string,
    options: Omit<EndpointOptions, 'userAgent' | 'onOutcome'>
  ) => Endpoint
  readonly connectDirectory: (options: Omit<LdapConnectionOptions, 'onOutcome'>) => LdapConnection
}

/** What the places of one route are built with. */
export interface GroupContext extends GroupServices {
  /** Makes a place out of a look-up by subject, with the cache that the route configures. */
  readonly bySubject: (lookup: GroupLookup) => GroupResolver
}

/** A kind of place: everything that others need to know of it. */
export interface GroupKind<Config> {
  /** The value of `from`. */
  readonly from: string
  settings(reader: SecretReader): z.ZodType<Config>
  create(config: Config, context: GroupContext): GroupResolver
  /** What it connects to. */
  addresses(config: Config): readonly Address[]
}
