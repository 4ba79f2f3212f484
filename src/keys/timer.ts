/** Timers. They come in as an option, so that tests can move the clock. */

/** Calls back once, after the delay. Returns a function that cancels it. */
export type StartTimer = (action: () => Promise<void>, delayMs: number) => () => void

/** The longest delay of setTimeout; with a longer one it would call back at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The system's own timer, which does not keep the process running. It fires early where the delay is longer than 24 days. */
export const startUnreferencedTimer: StartTimer = function startUnreferencedTimer(action, delayMs) {
  const timer = setTimeout(action, Math.min(delayMs, LONGEST_TIMER_MS)).unref()
  return () => clearTimeout(timer)
}
