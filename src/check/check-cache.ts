/** Tokens that were verified before, so that their signature is not verified anew with each request. */
import type { CheckedToken, Verified } from './check.ts'

/** A verified token, and what the requirements are to look at each time. */
export interface CacheEntry {
  readonly verified: Verified
  readonly checked: CheckedToken
}

export interface CheckCache {
  /** @returns undefined for a token that is not known, or whose key serves no more */
  readonly find: (raw: string) => CacheEntry | undefined
  /** Keeps a token, unless its verifier wants to be asked each time. */
  readonly keep: (entry: CacheEntry) => void
  readonly forget: (raw: string) => void
}

/**
 * Makes a cache for one route. What is found in it has a good signature and nothing more: times and revocations are to be looked at
 * as ever. Its key is the whole token, so that no other text passes for it.
 * @param mostCharacters the tokens that it holds have no more characters than these in all; the oldest make room
 */
export function createCheckCache(mostCharacters: number): CheckCache {
  const known = new Map<string, CacheEntry>()
  let characters = 0

  function forget(raw: string): void {
    if (known.delete(raw)) characters -= raw.length
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
      const { raw } = entry.checked.token
      if (entry.verified.isCurrent === undefined || raw.length > mostCharacters) return
      forget(raw)
      known.set(raw, entry)
      characters += raw.length
      for (const oldest of known.keys()) {
        if (characters <= mostCharacters) break
        forget(oldest)
      }
    }
  }
}
