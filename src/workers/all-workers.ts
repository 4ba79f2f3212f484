/** Operations of all workers together: switching to a configuration, and stopping. */
import { setTimeout as wait } from 'node:timers/promises'
import type { ConfigInput } from './calls.ts'
import type { WorkerProcess } from './worker-process.ts'

/** A configuration may wait for JWK Sets of other servers. */
export const BUILD_WITHIN_MS = 120_000
/** For operations that take no time unless a worker is stuck. */
export const ACT_WITHIN_MS = 5000

type Workers = readonly WorkerProcess[]

/**
 * Builds a configuration in all workers, beside the current one.
 * @throws the error of the first worker that could not run with it; none of them keeps it then
 */
export async function prepareAll(
  workers: Workers,
  next: ConfigInput,
  isRunning: (worker: WorkerProcess) => boolean
): Promise<void> {
  const results = await Promise.allSettled(
    workers.map((worker) => worker.call('prepare', next, BUILD_WITHIN_MS))
  )
  const errors = results.flatMap((result, index) => {
    const worker = workers[index]
    // A worker that has ended meanwhile is restarted with the configuration of the others.
    const counts = worker !== undefined && isRunning(worker)
    return result.status === 'rejected' && counts ? [result.reason] : []
  })
  if (errors.length === 0) return
  await callAll(workers, 'discard')
  throw errors[0]
}

/** Swaps in the prepared configuration in all workers. */
export async function commitAll(workers: Workers): Promise<void> {
  await callAll(workers, 'commit')
}

/** A worker that does not respond is killed: it must not answer by another configuration than the others. */
async function callAll(workers: Workers, name: 'commit' | 'discard'): Promise<void> {
  await Promise.all(
    workers.map((worker) => worker.call(name, null, ACT_WITHIN_MS).catch(worker.kill))
  )
}

/**
 * Stops all workers, and waits for their ends.
 * @param withinMs how long the requests in flight may take
 * @returns whether all of them ended in time
 */
export async function stopAll(workers: Workers, withinMs: number): Promise<boolean> {
  const inTime = await Promise.all(
    workers.map(async (worker) => {
      const result = await worker
        .call('stop', null, withinMs + ACT_WITHIN_MS)
        .catch(() => undefined)
      if (result !== undefined) {
        worker.end()
        await Promise.race([worker.ended, wait(ACT_WITHIN_MS, undefined, { ref: false })])
      }
      worker.kill()
      await worker.ended
      return result === true
    })
  )
  return inTime.every(Boolean)
}
