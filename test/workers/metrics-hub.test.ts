import test from 'ava'
import { createMetrics } from '../../src/operations/metrics.ts'
import { createMetricsHub, type MetricsHub } from '../../src/workers/metrics-hub.ts'

const REQUESTS = 'txtoken_requests_total{route="/a",status="200",outcome="ok"}'

/** A worker with its own metrics, which can be silent. */
function createWorker() {
  const metrics = createMetrics()
  const worker = {
    metrics,
    number: 1,
    isSilent: false,
    async call() {
      if (worker.isSilent) throw new Error('no answer')
      return JSON.parse(JSON.stringify(await metrics.snapshot()))
    }
  }
  return worker
}

async function read(hub: MetricsHub): Promise<Map<string, number>> {
  const lines = (await hub.expose()).split('\n').filter((line) => /^\w/.test(line))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))])
  )
}

test('counters and histograms are added up, label by label', async (t) => {
  const hub = createMetricsHub()
  const workers = [createWorker(), createWorker()]
  for (const worker of workers) {
    hub.join(worker)
    worker.metrics.requestEnded('/a', 200, 'ok', 0.003)
    worker.metrics.requestEnded('/b', 401, 'invalid_token', 2)
  }
  workers[0]?.metrics.requestEnded('/a', 200, 'ok', 0.2)
  const page = await read(hub)
  t.is(page.get(REQUESTS), 3)
  t.is(page.get('txtoken_requests_total{route="/b",status="401",outcome="invalid_token"}'), 2)
  t.is(page.get('txtoken_request_duration_seconds_bucket{le="0.005",route="/a"}'), 2)
  t.is(page.get('txtoken_request_duration_seconds_bucket{le="+Inf",route="/a"}'), 3)
  t.is(page.get('txtoken_request_duration_seconds_count{route="/a"}'), 3)
  t.is(page.get('txtoken_request_duration_seconds_sum{route="/a"}')?.toFixed(3), '0.206')
})

test('shared values are not added up, and the worst one is shown', async (t) => {
  const hub = createMetricsHub()
  const [first, second] = [createWorker(), createWorker()]
  for (const { metrics } of [first, second]) metrics.revocationEntries(7)
  first.metrics.revocationAvailable(true)
  second.metrics.revocationAvailable(false)
  for (const worker of [first, second]) hub.join(worker)
  const page = await read(hub)
  t.is(page.get('txtoken_revocation_entries'), 7)
  t.is(page.get('txtoken_revocation_available'), 0)
})

test('the counts of a worker stay when it ends, and when it does not answer', async (t) => {
  const hub = createMetricsHub()
  const workers = Array.from({ length: 20 }, createWorker)
  for (const worker of workers) {
    hub.join(worker)
    worker.metrics.requestEnded('/a', 200, 'ok', 0.003)
  }
  t.is((await read(hub)).get(REQUESTS), 20)
  for (const worker of workers) worker.isSilent = true
  t.is((await read(hub)).get(REQUESTS), 20)
  for (const worker of workers) hub.leave(worker)
  // More workers than have their own counts.
  t.is((await read(hub)).get(REQUESTS), 20)
  const next = createWorker()
  hub.join(next)
  next.metrics.requestEnded('/a', 200, 'ok', 0.003)
  const page = await read(hub)
  t.is(page.get(REQUESTS), 21)
  t.is(page.get('txtoken_request_duration_seconds_count{route="/a"}'), 21)
  t.is(page.get('txtoken_revocation_entries'), undefined)
})

test('the metrics of the primary are on the page once', async (t) => {
  const hub = createMetricsHub()
  for (const worker of [createWorker(), createWorker()]) hub.join(worker)
  hub.configReloaded('ok')
  t.is((await read(hub)).get('txtoken_config_last_reload_successful'), 1)
  hub.configReloaded('failed')
  hub.restarted(2)
  hub.ready(2)
  const page = await read(hub)
  t.is(page.get('txtoken_config_reloads_total{result="ok"}'), 1)
  t.is(page.get('txtoken_config_last_reload_successful'), 0)
  t.is(page.get('txtoken_worker_restarts_total{worker="2"}'), 1)
  t.is(page.get('txtoken_workers_ready'), 2)
  t.true((page.get('process_resident_memory_bytes') ?? 0) > 0)
})

test('restarts are counted from zero, so that the first is an increase', async (t) => {
  const hub = createMetricsHub()
  hub.join(createWorker())
  const page = await read(hub)
  t.is(page.get('txtoken_worker_restarts_total{worker="1"}'), 0)
})
