/** Waiting for something that comes by itself. */
import { setTimeout as wait } from 'node:timers/promises'

const DEADLINE_MS = 30_000

/**
 * Waits until a condition holds.
 * @returns how long that took, in milliseconds
 * @throws Error when it does not hold in half a minute
 */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  intervalMs = 2
): Promise<number> {
  const startedAt = performance.now()
  while (!(await condition())) {
    if (performance.now() - startedAt > DEADLINE_MS) throw new Error('waited in vain')
    await wait(intervalMs)
  }
  return performance.now() - startedAt
}
