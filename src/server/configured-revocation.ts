/** The revocation of a configuration: its store, and its interface for checks and routes. */
import { takesOpaque } from '../check/verifiers/registry.ts'
import type { Config } from '../config/full-form.ts'
import { ConfigError, type Origin } from '../config/problems.ts'
import { startUnreferencedTimer } from '../keys/timer.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import { longestSkewMs } from '../protocols/check/settings.ts'
import type { RevocationService } from '../protocols/services.ts'
import { createRevocationRequirement } from '../revocation/requirement.ts'
import { createRevoke } from '../revocation/revocation.ts'
import {
  createRevocations,
  type Revocations,
  type RevocationsReport
} from '../revocation/revocations.ts'
import type { ShareRevocations } from '../revocation/share-revocations.ts'
import type { Counts } from '../revocation/stores/counts.ts'
import { type CreateStore, createStore } from '../revocation/stores/stores.ts'
import { longestLifetimeMs } from '../settings/tokens.ts'

/** Revocations whose state the metrics show while their configuration is the current one. */
export interface ShownRevocations extends Revocations {
  readonly shown: ShownReport
}

export interface ConfiguredRevocation extends RevocationService {
  /** Undefined where the store has no counts. */
  readonly counts: Counts | undefined
  /** Shows the state in the metrics, once the configuration is the current one. */
  readonly show: () => void
  /** Hides it again. */
  readonly hide: () => void
  /** Whether the list is complete; where it is not, why. */
  readonly state: () => { readonly isAvailable: boolean; readonly reason: string | undefined }
  readonly close: () => Promise<void>
}

export interface ConfiguredRevocationOptions {
  readonly logger: Logger
  readonly metrics: Metrics
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Keeps the list that was read for the previous configuration. */
  readonly shareRevocations: ShareRevocations<ShownRevocations>
  /** Makes the store. Default: one of this process. */
  readonly createStore?: CreateStore | undefined
  /** The file of the configuration. */
  readonly origin?: Origin | undefined
}

/** Without a setting, revoked subjects are kept for at least this long: 30 days. */
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
  const { store, tls, whenUnavailable, skew, keep, entries } = settings
  const { revocations, release } = await shareRevocations(
    JSON.stringify([store, tls]),
    async () => {
      const shown = createShownReport(metrics)
      const opened = await create(store, { now, startTimer, log: logger, tls, report: metrics })
      return { ...createRevocations({ store: opened, now, startTimer, report: shown }), shown }
    }
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
      revoke: (revocation) => revocations.revoke(revocation, entries),
      skewMs: Math.max(skew, longestSkewMs(config.routes)),
      keepSubjectsMs: keep ?? defaultKeepMs(config),
      now
    }),
    records: revocations.records,
    counts: revocations.counts,
    isReady: revocations.wasAvailable,
    show() {
      metrics.revocationMaxEntries(entries)
      revocations.shown.show()
    },
    hide: revocations.shown.hide,
    state: () => ({ isAvailable: revocations.isAvailable(), reason: revocations.reason() }),
    async close() {
      close()
      await release()
    }
  }
}

interface ShownReport extends RevocationsReport {
  readonly show: () => void
  readonly hide: () => void
}

/**
 * Reports to the metrics while it is shown, and keeps the last values for then: a rejected configuration with an unavailable store would
 * show the store of the running one as unavailable.
 */
function createShownReport(metrics: Metrics): ShownReport {
  const gauges = {
    entries: metrics.revocationEntries,
    available: metrics.revocationAvailable,
    synchronized: metrics.revocationSynchronized
  }
  /** By the names of the gauges, so that the newest value counts. */
  const last = new Map<string, () => void>()
  let isShown = false

  function report(name: string, set: () => void): void {
    last.set(name, set)
    if (isShown) set()
  }

  return {
    entries: (count) => report('entries', () => gauges.entries(count)),
    available: (isAvailable) => report('available', () => gauges.available(isAvailable)),
    synchronized: (time) => report('synchronized', () => gauges.synchronized(time)),
    show() {
      isShown = true
      for (const set of last.values()) set()
    },
    hide() {
      isShown = false
    }
  }
}

/** As long as a token may pass a check: forever, where a route accepts tokens without an `exp`. */
function defaultKeepMs({ routes }: Config): number {
  const lifetimes = routes.flatMap((route) => {
    if ('check' in route && (!route.requireExp || takesOpaque(route.verify))) {
      return [(route.require.maxAge ?? Number.POSITIVE_INFINITY) * 1000]
    }
    if (!('issue' in route)) return []
    const refresh = 'refresh' in route ? route.refresh : undefined
    return [longestLifetimeMs(route.lifetime), refresh?.lifetime ?? 0]
  })
  return Math.max(LEAST_KEEP_MS, ...lifetimes)
}
