/** One timer for all calls that share a time limit, instead of a timer for each call. */
import { addTo, type Listed, NOWHERE, removeFrom } from './unordered-list.ts'

export interface Deadlines {
  /**
   * Starts a deadline.
   * @param onExpire called once, when the time is up
   * @returns a function that cancels the deadline
   */
  readonly start: (onExpire: () => void) => () => void
  /** Cancels every deadline and stops the timer. */
  readonly close: () => void
}

interface Deadline extends Listed {
  readonly endsAt: number
  readonly onExpire: () => void
}

/** @param durationMs how long each lasts */
export function createDeadlines(durationMs: number): Deadlines {
  const running: Deadline[] = []
  let timer: NodeJS.Timeout | undefined

  function watch(delayMs: number): void {
    timer = setTimeout(expire, delayMs)
    timer.unref()
  }

  function expire(): void {
    const now = performance.now()
    const due = running.filter(({ endsAt }) => endsAt <= now).sort((a, b) => a.endsAt - b.endsAt)
    for (const deadline of due) {
      // An expired one may have cancelled others.
      if (deadline.place === NOWHERE) continue
      removeFrom(running, deadline)
      deadline.onExpire()
    }
    timer = undefined
    if (running.length > 0) {
      const next = Math.min(...running.map(({ endsAt }) => endsAt))
      watch(Math.max(0, Math.ceil(next - performance.now())))
    }
  }

  return {
    start(onExpire) {
      const deadline = { endsAt: performance.now() + durationMs, onExpire, place: NOWHERE }
      addTo(running, deadline)
      if (timer === undefined) watch(durationMs)
      return () => removeFrom(running, deadline)
    },
    close() {
      for (const deadline of running.splice(0)) deadline.place = NOWHERE
      clearTimeout(timer)
      timer = undefined
    }
  }
}
