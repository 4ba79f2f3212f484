/** Tells when the list in memory is fresh enough to answer by, and when it no longer is. */

export interface Freshness {
  /** Everything up to this time (performance.now) is in the list. */
  readonly confirm: (time: number) => void
  readonly close: () => void
}

export interface FreshnessOptions {
  /** How long after the last confirmed time the list still counts as complete, in milliseconds. */
  readonly limitMs: number
  /** Called with each confirmation. */
  readonly onFresh: () => void
  readonly onStale: () => void
}

/** It begins stale, without telling so. */
export function createFreshness({ limitMs, onFresh, onStale }: FreshnessOptions): Freshness {
  let confirmed = Number.NEGATIVE_INFINITY
  let isFresh = false
  let timer: NodeJS.Timeout | undefined

  function watch(): void {
    clearTimeout(timer)
    timer = setTimeout(judgeSoon, confirmed + limitMs - performance.now()).unref()
  }

  /** Where the process itself was held up, the answers that came meanwhile are yet to be read: they come first. */
  function judgeSoon(): void {
    setImmediate(() => {
      if (!isFresh) return
      if (performance.now() - confirmed < limitMs) {
        watch()
        return
      }
      isFresh = false
      onStale()
    })
  }

  return {
    confirm(time) {
      if (time <= confirmed) return
      confirmed = time
      if (performance.now() - confirmed >= limitMs) return
      if (!isFresh) watch()
      isFresh = true
      onFresh()
    },
    close() {
      isFresh = false
      clearTimeout(timer)
    }
  }
}
