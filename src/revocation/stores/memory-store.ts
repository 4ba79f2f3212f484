/** A store that keeps nothing beyond this process. */
import { LRUCache } from 'lru-cache'
import { createMemoryCounts } from './counts.ts'
import type {
  ExpiringRecord,
  ExpiringRecords,
  RevocationStore,
  StoreKind,
  StoreOptions
} from './store.ts'

/** A quarter of the heap that the image sets: it has room for this, a full list of revocations, and all the rest. */
const MAX_BYTES = 24 * 1024 ** 2
/** The memory of a record beside its name and text: two strings, an object, a place in the map and in the order of use. */
const RECORD_BYTES = 250
const SWEEP_INTERVAL_MS = 60_000

export type MemoryStoreOptions = Pick<StoreOptions, 'now' | 'startTimer' | 'report'>

export const memoryStore: StoreKind<{
  readonly kind: 'memory'
  /** Its purpose: stores for different purposes are separate. Default: revocations and refresh tokens. */
  readonly use?: 'attempts' | undefined
}> = {
  notation: 'memory',
  parse: (text) => (text === 'memory' ? { kind: 'memory' } : undefined),
  create: async ({ use }, options) =>
    createMemoryStore(use === undefined ? options : { ...options, report: undefined })
}

/**
 * Makes the store. It is available as soon as it has started.
 * @param maxBytes of all records; beyond it, the least recently used one is evicted
 */
export function createMemoryStore(
  { now, startTimer, report }: MemoryStoreOptions,
  maxBytes = MAX_BYTES
): RevocationStore {
  const records = createMemoryRecords({ now, report, maxBytes })
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
    // The list in memory is the only copy, and it has the revocation already.
    async add() {},
    records,
    counts: createMemoryCounts(now),
    async close() {
      stopSweeping?.()
    }
  }
}

interface MemoryRecordsOptions extends Pick<MemoryStoreOptions, 'now' | 'report'> {
  readonly maxBytes: number
}

function createMemoryRecords({
  now,
  report,
  maxBytes
}: MemoryRecordsOptions): ExpiringRecords & { sweep: () => void } {
  const records = new LRUCache<string, ExpiringRecord>({
    maxSize: maxBytes,
    sizeCalculation: ({ text }, name) => RECORD_BYTES + name.length + bytesOf(text),
    dispose(_record, _name, reason) {
      if (reason === 'evict') report?.recordEvicted()
    }
  })

  function reportHeld(): void {
    report?.recordsHeld(records.calculatedSize, maxBytes)
  }

  function read(name: string): string | undefined {
    const record = records.get(name)
    return record === undefined || record.until <= now() ? undefined : record.text
  }

  return {
    get: async (name) => read(name),
    async put(name, record) {
      records.set(name, record)
      reportHeld()
    },
    async swap(name, expected, next) {
      if (read(name) !== expected) return false
      if (next === undefined) records.delete(name)
      else records.set(name, next)
      reportHeld()
      return true
    },
    sweep() {
      const time = now()
      for (const [name, { until }] of records.entries()) if (until <= time) records.delete(name)
      reportHeld()
    }
  }
}

/** V8 keeps one byte for each character, or two as soon as one of them is beyond Latin-1. */
function bytesOf(text: string): number {
  return BEYOND_LATIN_1.test(text) ? 2 * text.length : text.length
}

const BEYOND_LATIN_1 = /[\u0100-\uffff]/
