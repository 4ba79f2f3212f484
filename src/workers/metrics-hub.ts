/** One page of metrics for all workers: the primary adds up the counts of each. */
import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client'
import { createMetrics, type MetricsSnapshot } from '../operations/metrics.ts'
import type { RecordsReport } from '../revocation/stores/store.ts'
import type { WorkerProcess } from './worker-process.ts'

/** A worker, for the metrics. */
type CountingWorker = Pick<WorkerProcess, 'call' | 'number'>

export interface MetricsHub {
  readonly join: (worker: CountingWorker) => void
  /** The last counts of the worker stay in the sums: a counter never goes down. */
  readonly leave: (worker: CountingWorker) => void
  readonly restarted: (worker: number) => void
  readonly ready: (count: number) => void
  readonly configReloaded: (result: 'ok' | 'failed') => void
  /** Receives the reports of the primary's stores. */
  readonly records: RecordsReport
  /** The exposition text. */
  readonly expose: () => Promise<string>
}

type MetricData = MetricsSnapshot[number] & { readonly aggregator?: string }

/** How long the page waits for a worker; without its answer, it has the numbers of the last one. */
const ANSWER_WITHIN_MS = 2000
/** The most separate snapshots of ended workers; beyond it they are added up. */
const MOST_APART = 16

export function createMetricsHub(): MetricsHub {
  // Counts of the primary alone, and its own part of memory and processor time.
  const primary = createMetrics()
  const registry = new Registry()
  const registers = [registry]
  const restarts = new Counter({
    name: 'txtoken_worker_restarts_total',
    help: 'Workers that ended, and were started again.',
    labelNames: ['worker'],
    registers
  })
  const readyWorkers = new Gauge({
    name: 'txtoken_workers_ready',
    help: 'Workers that answer.',
    registers
  })
  const last = new Map<CountingWorker, MetricsSnapshot>()
  let ended: MetricsSnapshot[] = []

  async function look(worker: CountingWorker): Promise<void> {
    const snapshot = await worker.call('snapshot', null, ANSWER_WITHIN_MS).catch(() => undefined)
    if (snapshot !== undefined && last.has(worker)) last.set(worker, snapshot)
  }

  async function addUpEnded(): Promise<void> {
    const apart = [...ended]
    const sum = await aggregate(apart).getMetricsAsJSON()
    ended = [sum, ...ended.slice(apart.length)]
  }

  return {
    join(worker) {
      last.set(worker, [])
      // From zero, so that the first restart is an increase.
      restarts.inc({ worker: String(worker.number) }, 0)
    },
    leave(worker) {
      const snapshot = last.get(worker) ?? []
      last.delete(worker)
      ended.push(snapshot.filter(({ type }) => isCounted(String(type))))
    },
    restarted: (worker) => restarts.inc({ worker: String(worker) }),
    ready: (count) => readyWorkers.set(count),
    configReloaded: primary.configReloaded,
    records: primary,
    async expose() {
      if (ended.length > MOST_APART) await addUpEnded()
      const own = await primary.snapshot()
      const workers = await registry.getMetricsAsJSON()
      await Promise.all(Array.from(last.keys(), look))
      const ofPrimary = own.filter(({ name }) => !name.startsWith('nodejs_'))
      return aggregate([...last.values(), ofPrimary, workers, ...ended]).metrics()
    }
  }
}

function isCounted(type: string): boolean {
  return type === 'counter' || type === 'histogram'
}

function aggregate(snapshots: readonly MetricsSnapshot[]): Registry {
  return AggregatorRegistry.aggregate(snapshots.map((snapshot) => snapshot.map(withAggregator)))
}

/** The delays of an event loop are those of the worst one; without this, an idle worker would hide a busy one. */
function withAggregator(metric: MetricData): MetricData {
  if (metric.name.startsWith('nodejs_eventloop_lag')) return { ...metric, aggregator: 'max' }
  if (metric.name === 'process_start_time_seconds') return { ...metric, aggregator: 'min' }
  return metric
}
