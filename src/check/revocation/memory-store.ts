/** A store that keeps nothing beyond this process. */
import type { StartTimer } from '../../keys/timer.ts'
import type { ExpiringRecord, ExpiringRecords, RevocationStore } from './revocation-store.ts'

/** Each login with a refresh token makes two, so that memory has an end before they do. */
const MOST_RECORDS = 100_000
const SWEEP_INTERVAL_MS = 60_000

export interface MemoryStoreOptions {
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  readonly startTimer: StartTimer
}

/** Makes the store. It is available as soon as it has started. */
export function createMemoryStore({ now, startTimer }: MemoryStoreOptions): RevocationStore {
  const records = createMemoryRecords(now)
  let stopSweeping: (() => void) | undefined

  async function sweep(): Promise<void> {
    records.sweep()
    stopSweeping = startTimer(sweep, SWEEP_INTERVAL_MS)
  }

  return {
    async start(follower) {
      await sweep()
      follower.available()
    },
    // The list in memory is all there is, and it has the revocation already.
    async add() {},
    records,
    async close() {
      stopSweeping?.()
    }
  }
}

function createMemoryRecords(now: () => number): ExpiringRecords & { sweep: () => void } {
  const records = new Map<string, ExpiringRecord>()

  function read(name: string): string | undefined {
    const record = records.get(name)
    return record === undefined || record.until <= now() ? undefined : record.text
  }

  return {
    get: async (name) => read(name),
    async put(name, record) {
      if (records.size >= MOST_RECORDS) throw new Error('the store in memory is full')
      records.set(name, record)
    },
    async swap(name, expected, next) {
      if (read(name) !== expected) return false
      if (next === undefined) records.delete(name)
      else records.set(name, next)
      return true
    },
    sweep() {
      const time = now()
      for (const [name, { until }] of records) if (until <= time) records.delete(name)
    }
  }
}
