/** The revocations of the service: the list in memory, and the store behind it. They outlive reloads of the configuration. */
import { checkUnavailable, ServiceError } from '../errors.ts'
import type { StartTimer } from '../keys/timer.ts'
import type { Revocation } from './revocation.ts'
import { createRevocationList, type RevocationList } from './revocation-list.ts'
import type { Counts } from './stores/counts.ts'
import { type ExpiringRecords, isStoreFull, type RevocationStore } from './stores/store.ts'

const SWEEP_INTERVAL_MS = 60_000
/** Seconds after which to try again: a store that is back is followed within a second. */
const RETRY_SECONDS = 1
/** How often expired entries are removed, which makes room. */
const RETRY_WHEN_FULL_SECONDS = SWEEP_INTERVAL_MS / 1000
/** Additional room for subjects and keys, so that clients that fill the list with tokens cannot keep operators from revoking. */
const OPERATORS_SHARE = 0.1

export interface Revocations {
  readonly isRevoked: RevocationList['isRevoked']
  /**
   * Revokes, here at once and in every other reader of the store.
   * @param maxEntries the limit of entries in memory: beyond it new ones are rejected, and none is dropped
   * @throws ServiceError `store_full` where there is no room; `check_unavailable` where it is not known that the store has it
   */
  readonly revoke: (revocation: Revocation, maxEntries: number) => Promise<void>
  /** The state of refresh tokens. Rejects with a ServiceError `check_unavailable`, or `store_full`. */
  readonly records: ExpiringRecords
  /** Counts of attempts, where the store supports them. Rejects with a ServiceError as `records` does. */
  readonly counts: Counts | undefined
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
  readonly report: RevocationsReport
}

/** Reports to the metrics. */
export interface RevocationsReport {
  readonly entries: (count: number) => void
  readonly available: (isAvailable: boolean) => void
  /** @param time milliseconds since 1970 */
  readonly synchronized: (time: number) => void
}

/** Makes the list, in front of a store. It is empty until it is started. */
export function createRevocations(options: RevocationsOptions): Revocations {
  const { store, now, startTimer, report } = options
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
    async revoke(revocation, maxEntries) {
      const isOfOperators = revocation.revoked.kind !== 'token'
      const most = isOfOperators ? maxEntries * (1 + OPERATORS_SHARE) : maxEntries
      if (list.size() >= most) {
        throw storeFull(LIST_FULL, new Error(`the list holds ${list.size()} revocations`))
      }
      await attempt(() => store.add(revocation), REVOKING)
      add([revocation])
    },
    counts: store.counts && guardCounts(store.counts),
    records: {
      get: (name) => attempt(() => store.records.get(name), REFRESHING),
      put: (name, record) => attempt(() => store.records.put(name, record), REFRESHING),
      swap: (name, expected, next) =>
        attempt(() => store.records.swap(name, expected, next), REFRESHING)
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

const LIST_FULL = 'List of revocations is full'

/** The error for a client when an operation of the store fails. */
interface Messages {
  readonly unavailable: string
  readonly full: string
}

const REVOKING: Messages = {
  unavailable: 'Revocation cannot be stored at the moment',
  full: 'Store of revocations is full'
}
const COUNTING: Messages = {
  unavailable: 'Attempts cannot be counted at the moment',
  full: 'Store of attempts is full'
}

const REFRESHING: Messages = {
  unavailable: 'Refresh tokens cannot be read or stored at the moment',
  full: 'Store of refresh tokens is full'
}

function guardCounts({ add, clear }: Counts): Counts {
  return {
    add: (...input) => attempt(() => add(...input), COUNTING),
    clear: (name) => attempt(() => clear(name), COUNTING)
  }
}

async function attempt<Result>(
  action: () => Promise<Result>,
  { unavailable, full }: Messages
): Promise<Result> {
  try {
    return await action()
  } catch (error) {
    if (isStoreFull(error)) throw storeFull(full, error)
    throw new ServiceError('check_unavailable', unavailable, {
      status: 503,
      cause: error,
      retryAfter: RETRY_SECONDS
    })
  }
}

/** Whether an error comes from a full store that works. */
export function isFull(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'store_full'
}

function storeFull(message: string, cause: unknown): ServiceError {
  return new ServiceError('store_full', message, {
    status: 503,
    cause,
    retryAfter: RETRY_WHEN_FULL_SECONDS
  })
}
