/** Overload: three times as many logins as the program can handle, and its state afterwards. */
import type { Server } from '../child-process.ts'
import { createBudget, type Outcome, type Table } from '../experiment.ts'
import { formatNumber } from '../figure-columns.ts'
import { applyLoad } from '../load.ts'
import { readCpuSeconds, readMemory } from '../process-usage.ts'
import type { Load } from '../programs/load-contract.ts'
import type { Bench } from '../scenario.ts'
import type { StartServer } from '../servers.ts'
import { createGetTokenVariants, getTokenLoad } from './get-token.ts'

const OVERLOAD = 3
/** Each waits for its answer, as the connections of a proxy do, so that there are never more requests in flight. */
const CONNECTIONS = 500
const RECOVERY_SECONDS = 5
const PROBE_EVERY_MS = 100
const MEMORY_LIMIT_MEGABYTES = 268

/** Has a row with the default settings, one that rejects nothing for its wait, and one of the bare program, which has no limits. */
export async function measureOverload(bench: Bench): Promise<Outcome> {
  const [own, bare] = createGetTokenVariants(bench)
  const [off] = createGetTokenVariants(bench, { settings: { limits: { wait: 'off' } } })
  const programs: readonly Program[] = [
    { name: 'default', start: own.start, probes: PROBES },
    { name: 'limits.wait: off', start: off.start, probes: PROBES },
    { name: 'bare', start: bare.start, probes: [] }
  ]
  const rows: Overload[] = []
  for (const { name, start, probes } of programs) {
    const server = await start(bench.placement)
    try {
      rows.push(await overload(name, server, probes, bench))
    } finally {
      await server.stop()
    }
  }
  const [measured] = rows
  if (measured === undefined) throw new Error('nothing was measured')
  return {
    title: 'Overload',
    tables: [createTable(rows)],
    budgets: [
      budget(
        'good answers under overload',
        measured.good / measured.best,
        0.9,
        true,
        'of the best'
      ),
      budget('p99 of rejected calls', measured.rejectedP99, 50, false, 'ms'),
      budget(
        'p99 after the load',
        measured.afterP99,
        Math.max(20, 2 * measured.normalP99),
        false,
        'ms'
      ),
      budget('peak RSS under overload', measured.peakRss, MEMORY_LIMIT_MEGABYTES, false, 'MB'),
      budget('slowest probe under overload', measured.slowestProbe, 1000, false, 'ms')
    ],
    figures: { rows }
  }
}

interface Program {
  readonly name: string
  readonly start: StartServer
  /** Paths that answer 200 whatever the load is. */
  readonly probes: readonly string[]
}

const PROBES = ['/readyz', '/metrics']

interface Overload {
  readonly name: string
  /** Good answers a second, with enough connections to keep it busy. */
  readonly best: number
  readonly offered: number
  readonly good: number
  readonly rejected: number
  readonly unanswered: number
  readonly goodP99: number
  /** From when they were sent: a client without a free connection waits for itself. */
  readonly rejectedP99: number
  readonly cpuShare: number
  readonly slowestProbe: number
  readonly normalP99: number
  readonly afterP99: number
  readonly peakRss: number
}

async function overload(
  name: string,
  server: Server,
  probes: readonly string[],
  bench: Bench
): Promise<Overload> {
  const { seconds, placement } = bench
  const { pid, port } = server
  const apply = (more: Partial<Load> & { seconds: number }) =>
    applyLoad({ ...getTokenLoad, port, ...more }, placement)
  await apply({ seconds: Math.max(2, seconds / 2) })
  const full = await apply({ seconds })
  const best = full.good.count / full.seconds
  const normal = await apply({ rate: best / 2, seconds })
  const probe = startProbing(`http://127.0.0.1:${port}`, probes)
  const cpuBefore = readCpuSeconds(pid)
  const startedAt = performance.now()
  const much = await apply({ rate: best * OVERLOAD, connections: CONNECTIONS, seconds })
  const took = (performance.now() - startedAt) / 1000
  const cpuShare = (readCpuSeconds(pid) - cpuBefore) / took
  const slowestProbe = await probe.stop()
  await apply({ rate: best / 2, seconds: RECOVERY_SECONDS })
  const after = await apply({ rate: best / 2, seconds })
  return {
    name,
    best,
    offered: best * OVERLOAD,
    good: much.good.count / much.seconds,
    rejected: much.other.count / much.seconds,
    unanswered: much.unanswered + much.unsent,
    goodP99: much.good.p99Microseconds / 1000,
    rejectedP99: much.otherSinceSent.p99Microseconds / 1000,
    cpuShare,
    slowestProbe,
    normalP99: normal.good.p99Microseconds / 1000,
    afterP99: after.good.p99Microseconds / 1000,
    peakRss: readMemory(pid).peakRssBytes / 1e6
  }
}

/** Requests health and metrics all the time. */
function startProbing(url: string, paths: readonly string[]): { stop: () => Promise<number> } {
  let slowest = 0
  let isProbing = true

  async function probe(): Promise<void> {
    while (isProbing) {
      for (const path of paths) {
        const askedAt = performance.now()
        const answer = await fetch(url + path)
        await answer.text()
        if (answer.status !== 200) throw new Error(`${path}: expected 200, got ${answer.status}`)
        slowest = Math.max(slowest, performance.now() - askedAt)
      }
      await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS))
    }
  }

  const probing = probe()
  return {
    async stop() {
      isProbing = false
      await probing
      return slowest
    }
  }
}

function createTable(rows: readonly Overload[]): Table {
  const columns: [string, (row: Overload) => number, number][] = [
    ['best/s', ({ best }) => best, 0],
    ['good, of the best', ({ good, best }) => good / best, 2],
    ['offered/s', ({ offered }) => offered, 0],
    ['good/s', ({ good }) => good, 0],
    ['rejected/s', ({ rejected }) => rejected, 0],
    ['never sent', ({ unanswered }) => unanswered, 0],
    ['good p99 ms', ({ goodP99 }) => goodP99, 1],
    ['rejected p99 ms', ({ rejectedP99 }) => rejectedP99, 1],
    ['slowest probe ms', ({ slowestProbe }) => slowestProbe, 0],
    ['normal p99 ms', ({ normalP99 }) => normalP99, 1],
    ['p99 after ms', ({ afterP99 }) => afterP99, 1],
    ['peak RSS MB', ({ peakRss }) => peakRss, 0],
    ['CPU share', ({ cpuShare }) => cpuShare, 2]
  ]
  return {
    head: ['Overload', ...columns.map(([name]) => name)],
    rows: rows.map((row) => [
      row.name,
      ...columns.map(([, figure, digits]) => formatNumber(figure(row), digits))
    ])
  }
}

function budget(what: string, measured: number, limit: number, atLeast: boolean, unit: string) {
  const own = `${formatNumber(measured, 2)} ${unit}`
  return createBudget({ what, own, measured, limit, atLeast, unit })
}
