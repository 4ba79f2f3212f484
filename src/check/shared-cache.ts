/** Keeps answers for a while, within bounds, and loads an answer once where several callers ask for it at the same time. */
import { LRUCache } from 'lru-cache'

/** An answer, and until when it may be reused, in milliseconds since 1970. */
interface Kept<Value> {
  readonly value: Value
  readonly until: number
}

export interface SharedCacheOptions {
  /** The most cached answers; the least recently used one is evicted for a new one. */
  readonly entries: number
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Returns the cached answer of a key, or loads it.
 * All callers that wait for a load get its error; an error is not cached.
 */
export type SharedCache<Value> = (key: string, load: () => Promise<Kept<Value>>) => Promise<Value>

/** Makes an empty cache. */
export function createSharedCache<Value>(options: SharedCacheOptions): SharedCache<Value> {
  const { entries, now } = options
  // With `max` in place of `maxSize`, room for a million entries would be taken at the start.
  const kept = new LRUCache<string, Kept<Value> & { readonly since: number }>({
    maxSize: entries,
    sizeCalculation: () => 1
  })
  const loading = new Map<string, Promise<Value>>()

  function find(key: string): Kept<Value> | undefined {
    const found = kept.get(key)
    if (found === undefined) return undefined
    const time = now()
    // Otherwise a clock that was set back would keep answers for longer than they are valid.
    if (time >= found.since && time < found.until) return found
    kept.delete(key)
    return undefined
  }

  async function loadAndKeep(key: string, load: () => Promise<Kept<Value>>): Promise<Value> {
    const since = now()
    const { value, until } = await load()
    if (until > now()) kept.set(key, { value, until, since })
    return value
  }

  return async function getShared(key, load) {
    const found = find(key)
    if (found !== undefined) return found.value
    const underWay = loading.get(key)
    if (underWay !== undefined) return underWay
    const promise = loadAndKeep(key, load).finally(() => loading.delete(key))
    loading.set(key, promise)
    return promise
  }
}
