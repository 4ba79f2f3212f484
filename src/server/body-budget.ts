/** The memory for bodies and replies: limited by the configuration, counted in the metrics, and logged when it is used up. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Config } from '../config/full-form.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import { type ByteBudget, createByteBudget, UNFINISHED_SHARE } from '../remote/byte-budget.ts'

export interface BodyBudgetOptions {
  readonly logger: Logger
  readonly metrics: Metrics
}

/** After this time without a rejected body, the next one is logged again. */
const EPISODE_MS = 10_000

/**
 * Makes the function that frees the pieces that bodies came in. Node.js gives each of up to 64 KiB memory of its own, and V8, which counts
 * its own objects, would leave 30 to 50 MB of them. Nothing is set up before the first call.
 */
function createCollectGarbage(): () => void {
  let collect: ((options: { type: 'minor' }) => void) | undefined

  return function collectGarbage() {
    if (collect === undefined) {
      setFlagsFromString('--expose-gc')
      collect = runInNewContext('gc') as typeof collect
    }
    collect?.({ type: 'minor' })
  }
}

/** Makes the budget of a process. */
export function createBodyBudget(
  config: Pick<Config, 'limits'>,
  { logger, metrics }: BodyBudgetOptions
): ByteBudget {
  let lastFullAt = Number.NEGATIVE_INFINITY
  const budget = createByteBudget({
    limitBytes: bodiesLimit(config),
    now: () => performance.now(),
    onPressure: createCollectGarbage(),
    onFull(outcome) {
      metrics.bodyRejected(outcome)
      const now = performance.now()
      if (now - lastFullAt > EPISODE_MS) {
        logger.warn({ bytes: budget.held() }, 'memory for bodies is used up')
      }
      lastFullAt = now
    }
  })
  metrics.observeBodies(budget.held)
  return budget
}

const DEFAULT_BYTES = 64 * 1024 ** 2

/** The limit of all bodies and replies: by default at least one of the largest fits while it is unfinished. */
export function bodiesLimit({ limits: { bodies, body, reply } }: Pick<Config, 'limits'>): number {
  return bodies ?? Math.max(DEFAULT_BYTES, body / UNFINISHED_SHARE, reply / UNFINISHED_SHARE)
}
