/** The memory that many unfinished bodies can make the program hold, while other clients log in. */
import { runProgram } from '../child-process.ts'
import { createBudget, type Outcome } from '../experiment.ts'
import { formatNumber } from '../figure-columns.ts'
import { applyRouteLoad, requestOnce } from '../measure.ts'
import { readMemory } from '../process-usage.ts'
import type { UnfinishedBodies } from '../programs/unfinished-bodies.ts'
import type { Bench } from '../scenario.ts'
import { unfinishedBodies } from '../servers.ts'
import { createGetTokenVariants, getTokenLoad } from './get-token.ts'

const CONNECTIONS = 1000
const LOGINS_PER_SECOND = 100
const LIMIT_MEGABYTES = 160
const BYTES_PER_MEGABYTE = 1_000_000
const MICROSECONDS_PER_MILLISECOND = 1000
/** The unfinished bodies stay until after the last login. */
const LONGER_SECONDS = 1

export async function measureBodies(bench: Bench): Promise<Outcome> {
  const [{ start }] = createGetTokenVariants(bench)
  const { placement, seconds } = bench
  const server = await start(placement)
  try {
    await requestOnce(server, getTokenLoad)
    const before = readMemory(server.pid).rssBytes
    const crowd: UnfinishedBodies = {
      port: server.port,
      path: getTokenLoad.path,
      connections: CONNECTIONS,
      seconds: seconds + LONGER_SECONDS
    }
    const ended = runProgram([...placement.others, unfinishedBodies], JSON.stringify(crowd))
    const load = { ...getTokenLoad, connections: 8, rate: LOGINS_PER_SECOND }
    const { good } = await applyRouteLoad(server, load, seconds, placement)
    await ended
    const peak = readMemory(server.pid).peakRssBytes
    const title = `${CONNECTIONS} unfinished bodies`
    const megabytes = (bytes: number) => formatNumber(bytes / BYTES_PER_MEGABYTE, 0)
    return {
      title,
      tables: [
        {
          head: [title, 'RSS before MB', 'peak RSS MB', 'logins', 'p99 ms'],
          rows: [
            [
              'txtoken',
              megabytes(before),
              megabytes(peak),
              String(good.count),
              formatNumber(good.p99Microseconds / MICROSECONDS_PER_MILLISECOND, 2)
            ]
          ]
        }
      ],
      budgets: [
        createBudget({
          what: `RSS with ${CONNECTIONS} unfinished bodies`,
          own: `${megabytes(peak)} MB`,
          measured: peak / BYTES_PER_MEGABYTE,
          limit: LIMIT_MEGABYTES,
          atLeast: false,
          unit: 'MB'
        })
      ],
      figures: { before, peak, logins: good }
    }
  } finally {
    await server.stop()
  }
}
