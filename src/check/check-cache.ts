/** Caches verified tokens, so that their signature is not verified again with each request. */
import { LRUCache } from 'lru-cache'
import type { CheckedToken, Verified } from './check.ts'

/** A verified token, and the values that the requirements check each time. */
export interface CacheEntry {
  readonly verified: Verified
  readonly checked: CheckedToken
}

export interface CheckCache {
  /** @returns undefined for a token that is not known, or whose key is no longer valid */
  readonly find: (raw: string) => CacheEntry | undefined
  /** Caches a token, unless its verifier has to be called each time. */
  readonly keep: (entry: CacheEntry) => void
  readonly forget: (raw: string) => void
}

/** The memory of an entry beside the text of its token: claims as values, the place in the cache. Both figures are measured: docs/sizing.md. */
const ENTRY_BYTES = 1500
/** The text itself, the parts that were decoded, and their values. */
const BYTES_A_CHARACTER = 3

/**
 * Makes a cache for one route. A token that is found in it has a good signature and nothing more: times and revocations are checked
 * each time. The key of an entry is the whole token, so that no other text is mistaken for it.
 * @param mostBytes about the most memory that it takes; the least recently used tokens make room
 */
export function createCheckCache(mostBytes: number): CheckCache {
  const known = new LRUCache<string, CacheEntry>({
    maxSize: mostBytes,
    sizeCalculation: (_, raw) => ENTRY_BYTES + BYTES_A_CHARACTER * raw.length
  })

  function forget(raw: string): void {
    known.delete(raw)
  }

  return {
    forget,
    find(raw) {
      const entry = known.get(raw)
      if (entry === undefined) return undefined
      if (entry.verified.isCurrent?.() === true) return entry
      forget(raw)
      return undefined
    },
    keep(entry) {
      if (entry.verified.isCurrent === undefined) return
      known.set(entry.checked.token.raw, entry)
    }
  }
}
