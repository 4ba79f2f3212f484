/** The revocations of the service: the list in memory, and the store behind it. They outlive reloads of the configuration. */
import { checkUnavailable, type ServiceError } from '../errors.ts'
import type { StartTimer } from '../keys/timer.ts'
import type { Revocation } from './revocation.ts'
import { createRevocationList, type RevocationList } from './revocation-list.ts'
import type { ExpiringRecords, RevocationStore } from './stores/store.ts'

const SWEEP_INTERVAL_MS = 60_000
/** Seconds after which to try again: a store that is back is followed within a second. */
const RETRY_SECONDS = 1

export interface Revocations {
  readonly isRevoked: RevocationList['isRevoked']
  /**
   * Revokes, here at once and wherever else the store is read.
   * @throws ServiceError `check_unavailable` where it is not known that the store has it
   */
  readonly revoke: (revocation: Revocation) => Promise<void>
  /** State that lives beside the revocations. Rejects with a ServiceError `check_unavailable`. */
  readonly records: ExpiringRecords
  /** Whether the list in memory is complete. */
  readonly isAvailable: () => boolean
  /** Why it is not, as the store reported it. */
  readonly reason: () => string | undefined
  /** Whether it ever was. */
  readonly wasAvailable: () => boolean
  /** How long ago it stopped being complete, in milliseconds: 0 where it is complete, Infinity where it never was. */
  readonly unavailableForMs: () => number
  /** Calls back when the list becomes complete or incomplete, with the reason for the latter. Returns a function that stops it. */
  readonly onAvailability: (listener: AvailabilityListener) => () => void
  /** @throws Error with the reason why the store cannot be used at all */
  readonly start: () => Promise<void>
  readonly close: () => Promise<void>
}

type AvailabilityListener = (isAvailable: boolean, reason: string | undefined) => void

export interface RevocationsOptions {
  readonly store: RevocationStore
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  readonly startTimer: StartTimer
  /** With this many in memory, no more are accepted: none is dropped to make room for another. */
  readonly maxEntries: number
  readonly report: RevocationsReport
}

/** What is reported to the metrics. */
interface RevocationsReport {
  readonly entries: (count: number) => void
  readonly available: (isAvailable: boolean) => void
  /** @param time milliseconds since 1970 */
  readonly synchronized: (time: number) => void
}

/** Makes the list, in front of a store. It is empty until it is started. */
export function createRevocations(options: RevocationsOptions): Revocations {
  const { store, now, startTimer, maxEntries, report } = options
  const list = createRevocationList(now)
  const listeners = new Set<AvailabilityListener>()
  let isAvailable: boolean | undefined
  let lastReason: string | undefined
  let wasAvailable = false
  let unavailableSince = Number.NEGATIVE_INFINITY
  let stopSweeping: (() => void) | undefined

  function add(revocations: Iterable<Revocation>): void {
    for (const revocation of revocations) list.add(revocation)
    report.entries(list.size())
  }

  function setAvailable(next: boolean, reason?: string): void {
    lastReason = reason
    if (next) report.synchronized(now())
    if (next === isAvailable) return
    isAvailable = next
    wasAvailable ||= next
    if (!next && wasAvailable) unavailableSince = now()
    report.available(next)
    for (const listener of listeners) listener(next, reason)
  }

  async function sweep(): Promise<void> {
    list.sweep()
    report.entries(list.size())
    stopSweeping = startTimer(sweep, SWEEP_INTERVAL_MS)
  }

  return {
    isRevoked: list.isRevoked,
    async revoke(revocation) {
      if (list.size() >= maxEntries) {
        throw storeUnavailable(new Error('the revocation list is full'))
      }
      await orUnavailable(() => store.add(revocation))
      add([revocation])
    },
    records: {
      get: (name) => orUnavailable(() => store.records.get(name)),
      put: (name, record) => orUnavailable(() => store.records.put(name, record)),
      swap: (name, expected, next) => orUnavailable(() => store.records.swap(name, expected, next))
    },
    isAvailable: () => isAvailable === true,
    reason: () => lastReason,
    wasAvailable: () => wasAvailable,
    unavailableForMs: () => (isAvailable === true ? 0 : now() - unavailableSince),
    onAvailability(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async start() {
      await store.start({
        add,
        held: list.entries,
        available: () => setAvailable(true),
        unavailable: (reason) => setAvailable(false, reason)
      })
      await sweep()
    },
    async close() {
      stopSweeping?.()
      await store.close()
    }
  }
}

/** Without the store it is unknown whether a token is revoked: an error, rather than a wrong answer. */
export function storeUnavailable(cause?: unknown): ServiceError {
  return checkUnavailable(cause, RETRY_SECONDS)
}

async function orUnavailable<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action()
  } catch (error) {
    throw storeUnavailable(error)
  }
}
