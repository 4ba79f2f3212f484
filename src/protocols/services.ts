/** The services that every route is built with. */
import type { GroupServices } from '../check/groups/group-kind.ts'
import type { IssuerKeys } from '../check/verifiers/issuer-keys.ts'
import type { JwkSetVerifierConfig } from '../check/verifiers/jwks.ts'
import type { SourceServices } from '../issue/sources/source-kind.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Tracing } from '../operations/tracing.ts'
import type { Endpoint, EndpointOptions } from '../remote/endpoint.ts'
import type { WithProxySetting } from '../remote/proxy/proxies.ts'
import type { RevocationRequirement } from '../revocation/requirement.ts'
import type { Revoke } from '../revocation/revocation.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { Counts } from '../revocation/stores/counts.ts'
import type { ExpiringRecords } from '../revocation/stores/store.ts'
import type { Limits } from '../settings/limits.ts'
import type { MatchOrigin } from '../settings/origins.ts'

/** The part of revocation that routes use. */
export interface RevocationService
  extends Pick<RevocationRequirement, 'isNotRevoked' | 'countOpenCheck'> {
  readonly isRevoked: Revocations['isRevoked']
  readonly revoke: Revoke
  /** The store of refresh tokens. */
  readonly records: ExpiringRecords
  /** Whether the list of revocations was ever read. */
  readonly isReady: () => boolean
}

/** Shared by the routes of all listeners. */
export interface SharedServices {
  readonly issuer: string | undefined
  readonly limits: Limits
  readonly keyStore: KeyStore & {
    /** The keys of each JWK Set that a verifier names. */
    readonly jwkSets: ReadonlyMap<JwkSetVerifierConfig, KeyStore>
  }
  /** Issuers with their own keys, on any route. */
  readonly issuerKeys: IssuerKeys
  /** Undefined where tokens cannot be revoked. */
  readonly revocation: RevocationService | undefined
  /** Where attempts are counted; undefined where no route has `attempts`. */
  readonly counts: Counts | undefined
  readonly logger: Logger
  readonly metrics: Metrics
  /** Left out without tracing. */
  readonly tracing?: Tracing | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Whether the service takes new work. */
  readonly isReady: () => boolean
  /** Whether it still waits for others before it reports that it is ready. Default: it does not. */
  readonly isStarting?: (() => boolean) | undefined
  /** Makes the client for a remote. It is closed with the application, as are those below. */
  readonly connect: SourceServices['connect']
  /** Makes the client for the endpoint of a URL. */
  readonly connectEndpoint: (
    url: string,
    options: WithProxySetting<Omit<EndpointOptions, 'userAgent' | 'budget' | 'onOutcome'>>
  ) => Endpoint
  readonly connectDirectory: GroupServices['connectDirectory']
}

/** The same, for the routes of one listener. */
export interface Services extends SharedServices {
  /** Whether the `cors` of the listener names an origin. */
  readonly isTrustedOrigin: MatchOrigin
}
