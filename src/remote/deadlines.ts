/** One timer for all calls that share a time limit, instead of a timer for each call. */

export interface Deadlines {
  /**
   * Starts a deadline.
   * @param onExpire called once, when the time is up
   * @returns a function that ends the deadline without a call
   */
  readonly start: (onExpire: () => void) => () => void
  /** Forgets every deadline and stops the timer. */
  readonly close: () => void
}

interface Deadline {
  readonly endsAt: number
  /** Does nothing, once the deadline has ended. */
  onExpire: () => void
}

/**
 * All deadlines last equally long, so they end in the order in which they began: only the oldest needs watching.
 * @param durationMs how long each lasts
 */
export function createDeadlines(durationMs: number): Deadlines {
  const running = new Set<Deadline>()
  let timer: NodeJS.Timeout | undefined

  function watch(delayMs: number): void {
    timer = setTimeout(expire, delayMs)
    timer.unref()
  }

  function expire(): void {
    timer = undefined
    const now = performance.now()
    for (const deadline of running) {
      if (deadline.endsAt > now) {
        watch(Math.ceil(deadline.endsAt - now))
        return
      }
      running.delete(deadline)
      deadline.onExpire()
    }
  }

  return {
    start(onExpire) {
      const deadline = { endsAt: performance.now() + durationMs, onExpire }
      running.add(deadline)
      if (timer === undefined) watch(durationMs)
      return () => {
        running.delete(deadline)
        // V8 gives a set that has changed often a new table, and the old one points to it. Once one of them is old in the sense of
        // its collector, all later ones stay until a full collection, with what was in them: whole requests, if their deadlines held them.
        deadline.onExpire = ignore
      }
    },
    close() {
      running.clear()
      clearTimeout(timer)
      timer = undefined
    }
  }
}

function ignore(): void {}
