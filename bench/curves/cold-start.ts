/** The cost of logins in a process that has just started, until it reaches full speed. */
import type { Outcome } from '../experiment.ts'
import { formatNumber } from '../figure-columns.ts'
import { applyRouteLoad } from '../measure.ts'
import { readCpuSeconds } from '../process-usage.ts'
import type { Bench, Variant } from '../scenario.ts'
import { createGetTokenVariants } from '../scenarios/get-token.ts'
import { medianFigures } from '../statistics.ts'

/** The counts of logins up to which a process is measured. */
const COUNTS = [100, 1000, 5000, 10_000, 20_000]
/** Enough for every count on a slow machine. */
const LONGEST_SECONDS = 120
/** A short bench takes only as many counts as it has time for. */
const LOGINS_PER_SECOND = 4000
/** Few, so that logins do not wait for one another. */
const CONNECTIONS = 4

type Costs = Readonly<Record<string, number>>

export async function measureColdStart(bench: Bench): Promise<Outcome> {
  const counts = COUNTS.filter((count) => count <= bench.seconds * LOGINS_PER_SECOND)
  const variants = createGetTokenVariants(bench, { load: { connections: CONNECTIONS } })
  const rounds: Costs[][] = variants.map(() => [])
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const [index, variant] of variants.entries()) {
      rounds[index]?.push(await measureFromStart(variant, counts, bench))
    }
  }
  const title = 'Cold start'
  const medians = rounds.map(medianFigures)
  return {
    title,
    tables: [
      {
        head: [`${title}, CPU/req µs`, ...variants.map(({ name }) => name), 'ratio to bare'],
        rows: counts.map((count, index) => {
          const costs = medians.map((each) => each[count] ?? Number.NaN)
          const [own = Number.NaN, bare = Number.NaN] = costs
          return [
            `logins ${(counts[index - 1] ?? 0) + 1} to ${count}`,
            ...costs.map((cost) => formatNumber(cost, 0)),
            formatNumber(own / bare, 2)
          ]
        })
      }
    ],
    budgets: [],
    figures: { variants: variants.map(({ name }, index) => ({ name, rounds: rounds[index] })) }
  }
}

/** The CPU time of a login between the counts. */
async function measureFromStart(
  { start, load }: Variant,
  counts: readonly number[],
  { placement }: Bench
): Promise<Costs> {
  const server = await start(placement)
  try {
    const costs: Record<string, number> = {}
    let done = 0
    for (const count of counts) {
      const before = readCpuSeconds(server.pid)
      const part = { ...load, count: count - done }
      const { requests } = await applyRouteLoad(server, part, LONGEST_SECONDS, placement)
      costs[count] = ((readCpuSeconds(server.pid) - before) * 1e6) / requests
      done = count
    }
    return costs
  } finally {
    await server.stop()
  }
}
