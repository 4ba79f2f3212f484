/** Waits with a limit: an error describes what did not happen in time. */
import { setTimeout as wait } from 'node:timers/promises'

const DEADLINE_MS = 30_000

/**
 * Waits until a condition holds.
 * @returns how long that took, in milliseconds
 * @throws Error with the text of the condition when it does not hold in half a minute
 */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  intervalMs = 2
): Promise<number> {
  const startedAt = performance.now()
  while (!(await condition())) {
    if (performance.now() - startedAt > DEADLINE_MS) {
      throw new Error(`not so after ${DEADLINE_MS / 1000} s: ${condition}`)
    }
    await wait(intervalMs)
  }
  return performance.now() - startedAt
}

/**
 * Waits for a promise.
 * @param describe describes what it waits for, and the state so far
 * @throws Error with that description when the promise has not settled in half a minute
 */
export async function settled<Value>(
  promise: Promise<Value>,
  describe: () => string
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not after ${DEADLINE_MS / 1000} s: ${describe()}`)),
      DEADLINE_MS
    )
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
