/** A clock that stands still until a test moves it, with the timers that go by it. */

interface Timer {
  readonly at: number
  readonly callback: () => Promise<void>
}

export interface FakeClock {
  readonly now: () => number
  readonly schedule: (callback: () => Promise<void>, delayMilliseconds: number) => () => void
  /** Moves on, and waits for what each timer on the way does. */
  readonly advance: (milliseconds: number) => Promise<void>
  /** How many timers are set. */
  readonly pending: () => number
}

export function createFakeClock(start = Date.parse('2026-03-01T12:00:00Z')): FakeClock {
  const timers = new Set<Timer>()
  let time = start

  function nextUntil(end: number): Timer | undefined {
    return [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  }

  return {
    now: () => time,
    schedule(callback, delayMilliseconds) {
      const timer = { at: time + delayMilliseconds, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    async advance(milliseconds) {
      const end = time + milliseconds
      for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
        timers.delete(timer)
        time = timer.at
        await timer.callback()
      }
      time = end
    },
    pending: () => timers.size
  }
}
