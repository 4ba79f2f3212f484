/** What every route is built with. */

import type { IssuerKeys } from '../check/verifiers/issuer-keys.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Tracing } from '../operations/tracing.ts'
import type { Remote, RemoteOptions } from '../remote/remote.ts'
import type { ConfiguredKeys } from '../server/configured-keys.ts'
import type { ConfiguredRevocation } from '../server/configured-revocation.ts'
import type { Limits } from '../settings/limits.ts'
import type { Connections } from './connections.ts'

export interface Services extends Omit<Connections, 'close'> {
  readonly issuer: string | undefined
  readonly limits: Limits
  readonly keyStore: ConfiguredKeys
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
  /** Makes the client for a remote, which ends with the application. */
  readonly connect: (options: Omit<RemoteOptions, 'userAgent' | 'onOutcome'>) => Remote
}
