/** Waits until a second Redis has a write, since the first one acknowledges before that. */
import type { Redis } from 'ioredis'

/** How long a second Redis has. Every command on the connection waits as long. */
const CONFIRMATION_LIMIT_MS = 200
/** After a failed wait: without a second Redis, or with a slow one, waiting would delay everything. */
const PAUSE_MS = 5000

/**
 * Makes a function that resolves once a second Redis has all that was written on the connection before. Where none confirms it in time
 * it resolves too, and for a while at once: writes are in one Redis then, as without a second one.
 * It rejects where the connection ends meanwhile: then it is not known whether the write outlives that.
 */
export function createReplicated(client: Redis): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  let pausedUntil = Number.NEGATIVE_INFINITY

  async function confirm(): Promise<void> {
    if (performance.now() < pausedUntil) return
    if ((await client.wait(1, CONFIRMATION_LIMIT_MS)) > 0) return
    pausedUntil = performance.now() + PAUSE_MS
  }

  /** One question is on its way at a time, and the next one is for all who wrote meanwhile. */
  return function replicated() {
    if (next === undefined) {
      const asked = last
        .catch(() => undefined)
        .then(() => {
          next = undefined
          return confirm()
        })
      next = asked
      last = asked
    }
    return next
  }
}
