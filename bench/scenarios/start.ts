/** Start to ready and idle memory of the built program, of a bare one and of fastify, started in turn. */
import { setTimeout as delay } from 'node:timers/promises'
import { createBudget, type Outcome } from '../experiment.ts'
import { formatNumber } from '../figure-columns.ts'
import { readCpuSeconds, readMemory } from '../process-usage.ts'
import type { Bench } from '../scenario.ts'
import { figureRatios, medianFigures } from '../statistics.ts'
import { createGetTokenVariants } from './get-token.ts'

const STARTS = 10
/** After this time without requests a process counts as idle. */
const IDLE_MS = 1000
const BYTES_PER_MEGABYTE = 1_000_000
const READY_LIMIT = 1.25
const IDLE_LIMIT_MEGABYTES = 75

type StartFigures = {
  readonly startToReadySeconds: number
  readonly idleRssMegabytes: number
  readonly cpuSeconds: number
}

/** Ten starts of each, or one where the bench has a single round. */
export async function measureStarts(bench: Bench): Promise<Outcome> {
  const variants = createGetTokenVariants(bench)
  const starts = bench.rounds === 1 ? 1 : Math.max(STARTS, bench.rounds)
  const rounds: StartFigures[][] = variants.map(() => [])
  for (let count = 0; count < starts; count += 1) {
    for (const [index, variant] of variants.entries()) {
      const server = await variant.start(bench.placement)
      await delay(IDLE_MS)
      rounds[index]?.push({
        startToReadySeconds: server.startToReadySeconds,
        idleRssMegabytes: readMemory(server.pid).rssBytes / BYTES_PER_MEGABYTE,
        cpuSeconds: readCpuSeconds(server.pid)
      })
      await server.stop()
    }
  }
  const [own = [], bare = []] = rounds
  const ratios = figureRatios(own, bare)
  const medians = rounds.map(medianFigures)
  const ready = (figures = medians[0]) =>
    `${formatNumber(figures?.startToReadySeconds ?? NaN, 3)} s`
  const idle = (figures = medians[0]) => `${formatNumber(figures?.idleRssMegabytes ?? NaN, 0)} MB`
  const title = `Start, ${starts} of each`
  return {
    title,
    tables: [
      {
        head: [title, 'ready s', 'idle RSS MB', 'CPU s'],
        rows: [
          ...medians.map(({ startToReadySeconds, idleRssMegabytes, cpuSeconds }, index) => [
            variants[index]?.name ?? '',
            formatNumber(startToReadySeconds, 3),
            formatNumber(idleRssMegabytes, 0),
            formatNumber(cpuSeconds, 2)
          ]),
          [
            'ratio to bare',
            formatNumber(ratios.startToReadySeconds.median, 2),
            formatNumber(ratios.idleRssMegabytes.median, 2),
            formatNumber(ratios.cpuSeconds.median, 2)
          ]
        ]
      }
    ],
    budgets: [
      createBudget({
        what: 'start to ready',
        own: ready(),
        other: ready(medians[1]),
        measured: ratios.startToReadySeconds.median,
        limit: READY_LIMIT,
        atLeast: false,
        unit: 'times bare'
      }),
      createBudget({
        what: 'idle RSS',
        own: idle(),
        other: idle(medians[1]),
        measured: medians[0]?.idleRssMegabytes ?? Number.NaN,
        limit: IDLE_LIMIT_MEGABYTES,
        atLeast: false,
        unit: 'MB'
      })
    ],
    figures: { variants: variants.map(({ name }, index) => ({ name, rounds: rounds[index] })) }
  }
}
