/** A store that keeps nothing beyond this process. */
import type {
  ExpiringRecord,
  ExpiringRecords,
  RevocationStore,
  StoreKind,
  StoreOptions
} from './store.ts'

/** Each login with a refresh token makes two records, which would fill the memory before they expire. */
const MOST_RECORDS = 100_000
const SWEEP_INTERVAL_MS = 60_000

export type MemoryStoreOptions = Pick<StoreOptions, 'now' | 'startTimer'>

export const memoryStore: StoreKind<{ readonly kind: 'memory' }> = {
  notation: 'memory',
  parse: (text) => (text === 'memory' ? { kind: 'memory' } : undefined),
  create: async (_settings, options) => createMemoryStore(options)
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
