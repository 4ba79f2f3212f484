/** Counts by name, each of which is reset after its time, for limits of attempts. */
import { LRUCache } from 'lru-cache'

/** A count, and when it is reset. */
export interface Count {
  readonly count: number
  /** Those of it that are refused. The others may still be taken back. */
  readonly refused: number
  readonly endsInMs: number
}

/** Rejects when the store cannot be reached, or has no room. */
export interface Counts {
  /**
   * Adds to a count in one step, and returns the new count.
   * @param amount one that is not positive changes an existing count, and creates none
   * @param periodMs how long a count lasts from the first time on
   * @param refused how many of those that are counted already are refused. Default: none.
   */
  readonly add: (name: string, amount: number, periodMs: number, refused?: number) => Promise<Count>
  /** Resets a count. */
  readonly clear: (name: string) => Promise<void>
}

/** About 15 MB. Beyond it, the least recently used count is evicted. */
const MAX_COUNTS = 50_000

/** Makes counts that are kept in this process. */
export function createMemoryCounts(now: () => number, max = MAX_COUNTS): Counts {
  const counts = new LRUCache<string, { count: number; refused: number; readonly until: number }>({
    max
  })

  return {
    async add(name, amount, periodMs, refused = 0) {
      const time = now()
      const found = counts.get(name)
      if (found !== undefined && found.until > time) {
        found.count = Math.max(0, found.count + amount)
        found.refused += refused
        return { count: found.count, refused: found.refused, endsInMs: found.until - time }
      }
      if (amount <= 0) return { count: 0, refused: 0, endsInMs: 0 }
      counts.set(name, { count: amount, refused, until: time + periodMs })
      return { count: amount, refused, endsInMs: periodMs }
    },
    async clear(name) {
      counts.delete(name)
    }
  }
}
