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
  readonly onExpire: () => void
  /** Its place in the list; -1 once it has ended. */
  place: number
}

/**
 * The running deadlines are a list in no order, where the last takes the place of one that ends: as many as there are calls in flight.
 * A Set would keep memory: V8 gives one that has changed often a new table, to which the old one points, so that once a table is
 * old in the sense of its collector, all later ones stay until a full collection, with the requests of their deadlines.
 * @param durationMs how long each lasts
 */
export function createDeadlines(durationMs: number): Deadlines {
  const running: Deadline[] = []
  let timer: NodeJS.Timeout | undefined

  function watch(delayMs: number): void {
    timer = setTimeout(expire, delayMs)
    timer.unref()
  }

  function end(deadline: Deadline): void {
    const { place } = deadline
    if (place === -1) return
    deadline.place = -1
    const last = running.pop()
    if (last === undefined || last === deadline) return
    running[place] = last
    last.place = place
  }

  function expire(): void {
    const now = performance.now()
    const due = running.filter(({ endsAt }) => endsAt <= now).sort((a, b) => a.endsAt - b.endsAt)
    for (const deadline of due) {
      // One that expires may have ended others.
      if (deadline.place === -1) continue
      end(deadline)
      deadline.onExpire()
    }
    timer = undefined
    if (running.length > 0) {
      watch(Math.ceil(Math.min(...running.map(({ endsAt }) => endsAt)) - performance.now()))
    }
  }

  return {
    start(onExpire) {
      const deadline = { endsAt: performance.now() + durationMs, onExpire, place: running.length }
      running.push(deadline)
      if (timer === undefined) watch(durationMs)
      return () => end(deadline)
    },
    close() {
      for (const deadline of running.splice(0)) deadline.place = -1
      clearTimeout(timer)
      timer = undefined
    }
  }
}
