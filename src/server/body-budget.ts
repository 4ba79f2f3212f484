/** The memory for bodies and replies: as much as the configuration allows, counted in the metrics, and logged when it is used up. */
import type { Config } from '../config/full-form.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import { type ByteBudget, createByteBudget } from '../remote/byte-budget.ts'

export interface BodyBudgetOptions {
  readonly logger: Logger
  readonly metrics: Metrics
}

/** After so long without a rejected body, the next one is logged again. */
const EPISODE_MS = 10_000

/** Makes the budget of a process. */
export function createBodyBudget(
  config: Pick<Config, 'limits'>,
  { logger, metrics }: BodyBudgetOptions
): ByteBudget {
  let lastFullAt = Number.NEGATIVE_INFINITY
  const budget = createByteBudget({
    limitBytes: bodiesLimit(config),
    now: () => performance.now(),
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

/** What all bodies and replies may take: where it is left out, at least one of the largest fits, and its copy. */
export function bodiesLimit({ limits: { bodies, body, reply } }: Pick<Config, 'limits'>): number {
  return bodies ?? Math.max(DEFAULT_BYTES, 2 * body, 2 * reply)
}
