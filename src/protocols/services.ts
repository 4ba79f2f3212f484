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
import type { RevocationRequirement } from '../revocation/requirement.ts'
import type { Revoke } from '../revocation/revocation.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { ExpiringRecords } from '../revocation/stores/store.ts'
import type { Limits } from '../settings/limits.ts'

/** What routes need of revocation. */
export interface RevocationService
  extends Pick<RevocationRequirement, 'isNotRevoked' | 'countOpenCheck'> {
  readonly isRevoked: Revocations['isRevoked']
  readonly revoke: Revoke
  /** Where the state of refresh tokens is kept. */
  readonly records: ExpiringRecords
  /** Whether the list of revocations has been read, ever. */
  readonly isReady: () => boolean
}

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
  readonly revocation: RevocationService | undefined
  readonly logger: Logger
  readonly metrics: Metrics
  /** Left out where nothing is traced. */
  readonly tracing?: Tracing | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Whether the service takes new work. */
  readonly isReady: () => boolean
  /** Whether it still waits for others before it reports that it is ready. Default: it does not. */
  readonly isStarting?: (() => boolean) | undefined
  /** Makes the client for a remote. It is closed with the application, as are those below. */
  readonly connect: (options: Omit<RemoteOptions, 'userAgent' | 'budget' | 'onOutcome'>) => Remote
  /** Makes the client for the endpoint of a URL. */
  readonly connectEndpoint: (
    url: string,
    options: Omit<EndpointOptions, 'userAgent' | 'budget' | 'onOutcome'>
  ) => Endpoint
  readonly connectDirectory: (options: Omit<LdapConnectionOptions, 'onOutcome'>) => LdapConnection
}
