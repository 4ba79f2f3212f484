/** Tokens that were verified before, so that their signature is not verified anew with each request. */
import { LRUCache } from 'lru-cache'
import type { CheckedToken, Verified } from './check.ts'

/** A verified token, and what the requirements check each time. */
export interface CacheEntry {
  readonly verified: Verified
  readonly checked: CheckedToken
}

export interface CheckCache {
  /** @returns undefined for a token that is not known, or whose key is no longer valid */
  readonly find: (raw: string) => CacheEntry | undefined
  /** Keeps a token, unless its verifier wants to be asked each time. */
  readonly keep: (entry: CacheEntry) => void
  readonly forget: (raw: string) => void
}

/**
 * Makes a cache for one route. A token that is found in it has a good signature and nothing more: times and revocations are checked
 * each time. The key of an entry is the whole token, so that no other text is mistaken for it.
 * @param mostCharacters most characters of all tokens together that it holds; the least recently used make room
 */
export function createCheckCache(mostCharacters: number): CheckCache {
  const known = new LRUCache<string, CacheEntry>({
    maxSize: mostCharacters,
    sizeCalculation: (_, raw) => raw.length
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
