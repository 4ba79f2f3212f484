/** A clock that stays still until a test moves it, and timers that fire by it. */

interface Timer {
  readonly at: number
  readonly action: () => Promise<void>
}

export interface FakeClock {
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly startTimer: (action: () => Promise<void>, delayMs: number) => () => void
  /** Moves on to a time. Timers on the way fire at their own times, and are waited for. */
  readonly advanceTo: (time: number) => Promise<void>
  readonly advance: (milliseconds: number) => Promise<void>
  /** Moves without firing any timer, as for a stopped program. */
  readonly jump: (milliseconds: number) => void
  readonly timers: () => number
}

export function createFakeClock(start = Date.parse('2026-03-01T12:00:00Z')): FakeClock {
  const timers = new Set<Timer>()
  let time = start

  async function advanceTo(target: number): Promise<void> {
    for (;;) {
      const [next] = [...timers].sort((a, b) => a.at - b.at)
      if (next === undefined || next.at > target) break
      timers.delete(next)
      time = Math.max(time, next.at)
      await next.action()
    }
    time = target
  }

  return {
    now: () => time,
    startTimer(action, delayMs) {
      const timer = { at: time + delayMs, action }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advanceTo,
    advance: (milliseconds) => advanceTo(time + milliseconds),
    jump(milliseconds) {
      time += milliseconds
    },
    timers: () => timers.size
  }
}
