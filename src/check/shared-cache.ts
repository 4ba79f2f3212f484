/** Remembers answers for a while, within bounds, and asks once where several want the same answer at a time. */

/** An answer, and until when it may be given again, in milliseconds since 1970. */
interface Kept<Value> {
  readonly value: Value
  readonly until: number
}

export interface SharedCacheOptions {
  /** Answers that are kept; the oldest goes for a new one. */
  readonly entries: number
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Gives the answer that is kept under a key, or has it loaded.
 * What `load` rejects with is for those who wait for it, and is not kept.
 */
export type SharedCache<Value> = (key: string, load: () => Promise<Kept<Value>>) => Promise<Value>

/** Makes an empty cache. */
export function createSharedCache<Value>(options: SharedCacheOptions): SharedCache<Value> {
  const { entries, now } = options
  /** In the order in which they were kept. */
  const kept = new Map<string, Kept<Value> & { readonly since: number }>()
  const loading = new Map<string, Promise<Value>>()

  function find(key: string): Kept<Value> | undefined {
    const found = kept.get(key)
    if (found === undefined) return undefined
    const time = now()
    // A clock that was set back would keep answers for longer than they are good.
    if (time >= found.since && time < found.until) return found
    kept.delete(key)
    return undefined
  }

  async function loadAndKeep(key: string, load: () => Promise<Kept<Value>>): Promise<Value> {
    const since = now()
    const { value, until } = await load()
    if (until > now()) {
      kept.delete(key)
      kept.set(key, { value, until, since })
      const [oldest] = kept.keys()
      if (kept.size > entries && oldest !== undefined) kept.delete(oldest)
    }
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
