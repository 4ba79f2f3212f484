/** The revocation of a configuration: its store, and what checks and routes need of it. */
import type { Config } from '../config/full-form.ts'
import { ConfigError, type Origin } from '../config/problems.ts'
import { startUnreferencedTimer } from '../keys/timer.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { RevocationService } from '../protocols/services.ts'
import { createRevocationRequirement } from '../revocation/requirement.ts'
import { createRevoke } from '../revocation/revocation.ts'
import { createRevocations } from '../revocation/revocations.ts'
import type { ShareRevocations } from '../revocation/share-revocations.ts'
import { type CreateStore, createStore } from '../revocation/stores/stores.ts'
import { longestLifetimeMs } from '../settings/tokens.ts'

export interface ConfiguredRevocation extends RevocationService {
  readonly close: () => Promise<void>
}

export interface ConfiguredRevocationOptions {
  readonly logger: Logger
  readonly metrics: Metrics
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Keeps what was read for the configuration before. */
  readonly shareRevocations: ShareRevocations
  /** Makes the store. Default: one of this process. */
  readonly createStore?: CreateStore | undefined
  /** Where the configuration was written. */
  readonly origin?: Origin | undefined
}

/** 100 MB of heap, up to 200 MB while they arrive, and 40 ms to look for those that have expired. */
const MAX_ENTRIES = 1_000_000

/** Without a setting, revoked subjects are remembered for at least this long: 30 days. */
const LEAST_KEEP_MS = 30 * 86_400_000

/**
 * Starts the revocation of a configuration; undefined where it has none.
 * @throws ConfigError for a store that cannot be used
 */
export async function startConfiguredRevocation(
  config: Config,
  options: ConfiguredRevocationOptions
): Promise<ConfiguredRevocation | undefined> {
  const { revocation: settings } = config
  if (settings === undefined) return undefined
  const { logger, metrics, now, shareRevocations, createStore: create = createStore } = options
  const startTimer = startUnreferencedTimer
  const { store, tls, whenUnavailable, skew, keep } = settings
  const { revocations, release } = await shareRevocations(JSON.stringify([store, tls]), async () =>
    createRevocations({
      store: await create(store, { now, startTimer, log: logger, tls }),
      now,
      startTimer,
      maxEntries: MAX_ENTRIES,
      report: {
        entries: metrics.revocationEntries,
        available: metrics.revocationAvailable,
        synchronized: metrics.revocationSynchronized
      }
    })
  ).catch((error: Error) => {
    throw new ConfigError(
      [{ path: ['revocation', 'store'], message: error.message }],
      options.origin
    )
  })
  const { isNotRevoked, countOpenCheck, close } = createRevocationRequirement({
    revocations,
    whenUnavailable:
      whenUnavailable === 'closed' ? whenUnavailable : { openForMs: whenUnavailable.openFor },
    startTimer,
    log: logger,
    onOpenCheck: metrics.checkedOpen
  })
  return {
    isNotRevoked,
    countOpenCheck,
    isRevoked: revocations.isRevoked,
    revoke: createRevoke({
      revoke: revocations.revoke,
      skewMs: Math.max(skew, longestSkewMs(config)),
      keepSubjectsMs: keep ?? defaultKeepMs(config),
      now
    }),
    records: revocations.records,
    isReady: revocations.wasAvailable,
    async close() {
      close()
      await release()
    }
  }
}

/** Where a route accepts tokens for a while after their `exp`, revoked ones have to be remembered for as long. */
function longestSkewMs({ routes }: Config): number {
  return Math.max(0, ...routes.map((route) => ('check' in route ? route.skew * 1000 : 0)))
}

/** For as long as a token may pass a check: where a route takes tokens without an `exp`, that is for ever. */
function defaultKeepMs({ routes }: Config): number {
  const lifetimes = routes.flatMap((route) => {
    if ('check' in route && !route.requireExp) {
      return [(route.require.maxAge ?? Number.POSITIVE_INFINITY) * 1000]
    }
    if (!('issue' in route)) return []
    const refresh = 'refresh' in route ? route.refresh : undefined
    return [longestLifetimeMs(route.lifetime), refresh?.lifetime ?? 0]
  })
  return Math.max(LEAST_KEEP_MS, ...lifetimes)
}
