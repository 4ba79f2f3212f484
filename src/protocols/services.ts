/** What every route is built with. */
import type { LdapConnection, LdapConnectionOptions } from '../check/groups/ldap/ldap-connection.ts'
import type { IssuerKeys } from '../check/verifiers/issuer-keys.ts'
import type { JwksVerifierConfig } from '../check/verifiers/jwks.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Tracing } from '../operations/tracing.ts'
import type { Endpoint, EndpointOptions } from '../remote/endpoint.ts'
import type { Remote, RemoteOptions } from '../remote/remote.ts'
import type { ConfiguredRevocation } from '../server/configured-revocation.ts'
import type { Limits } from '../settings/limits.ts'

export interface Services {
  readonly issuer: string | undefined
  readonly limits: Limits
  readonly keyStore: KeyStore & {
    /** The keys of each JWK Set that a verifier names. */
    readonly jwkSets: ReadonlyMap<JwksVerifierConfig, KeyStore>
  }
  /** Issuers that have keys of their own, on whichever route. */
  readonly issuerKeys: IssuerKeys
  /** Undefined where tokens cannot be revoked. */
  readonly revocation: ConfiguredRevocation | undefined
  readonly logger: Logger
  readonly metrics: Metrics
  /** Left out where nothing is traced. */
  readonly tracing?: Tracing | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Whether the service takes new work. */
  readonly isReady: () => boolean
  /** Makes the client for a remote. It is closed with the application, as are those below. */
  readonly connect: (options: Omit<RemoteOptions, 'userAgent' | 'onOutcome'>) => Remote
  /** Makes the client for the endpoint of a URL. */
  readonly connectEndpoint: (
    url: string,
    options: Omit<EndpointOptions, 'userAgent' | 'onOutcome'>
  ) => Endpoint
  readonly connectDirectory: (options: Omit<LdapConnectionOptions, 'onOutcome'>) => LdapConnection
}
