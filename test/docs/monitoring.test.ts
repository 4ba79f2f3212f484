/** The dashboard, the alert rules and the page name metrics, labels and outcomes that the service has. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'
import type { FetchReport } from '../../src/keys/remote/remote-key-source.ts'
import { createMetrics } from '../../src/operations/metrics.ts'
import type { CallOutcome } from '../../src/remote/outcome.ts'
import { createMetricsHub } from '../../src/workers/metrics-hub.ts'
import { send } from '../helpers/http.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: {
    readonly summary: string
    readonly description?: string
    readonly runbook: string
  }
}

interface Panel {
  readonly id: number
  readonly title: string
  readonly description?: string
  readonly targets?: { readonly expr: string }[]
}

const read = (path: string) => readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8')
const { groups } = parse(read('prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }
const rules = groups.flatMap((group) => group.rules)
const dashboard = JSON.parse(read('grafana/txtoken.json')) as {
  panels: Panel[]
  templating: { list: { query: string | { query: string } }[] }
}
const panels = dashboard.panels.filter(({ targets }) => targets !== undefined)

/** Every metric in a query. */
function metricsIn(query: string): string[] {
  const names = query.match(/\b(?:txtoken|process|nodejs)_\w+/g) ?? []
  return names.map((name) => name.replace(/_(?:bucket|count|sum)$/, ''))
}

/** A service with everything that has metrics. */
const CONFIG = JSON.stringify({
  keys: [{ alg: 'HS256', secret: ENC_KEY }],
  revocation: { store: 'memory' },
  routes: [{ check: '/checkToken', verify: [{ keys: 'all' }] }]
})

test('every metric in the dashboard and the alerts exists', async (t) => {
  const service = await startService(t, { config: CONFIG })
  const { text } = await send(`${service.url}/metrics`)
  const ofWorkers = await createMetricsHub().expose()
  const known = new Set(
    [...`${text}${ofWorkers}`.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
  )
  const variables = dashboard.templating.list.map(({ query }) =>
    typeof query === 'string' ? query : query.query
  )
  const queries = [
    ...rules.map(({ expr }) => expr),
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...variables
  ]
  const named = new Set(queries.flatMap(metricsIn))
  t.true(named.size > 10)
  for (const name of named) t.true(known.has(name), name)
  const ours = [...known].filter((name) => name?.startsWith('txtoken_'))
  for (const name of ours) t.true(named.has(name ?? ''), `${name} is on no panel and in no alert`)
})

/** The values of labels that queries use. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  'txtoken_requests_total outcome': [
    'ok',
    'remote_status',
    'rejected_by_reply',
    'check_unavailable'
  ] satisfies CallOutcome[],
  'txtoken_remote_calls_total outcome': [
    'ok',
    'remote_failed',
    'remote_timeout',
    'remote_reply',
    'remote_error',
    'not_called',
    'rejected_by_reply',
    'remote_status',
    'check_unavailable',
    'overloaded'
  ] satisfies CallOutcome[],
  'txtoken_jwks_fetches_total outcome': ['fetched', 'unchanged'] satisfies FetchReport['outcome'][],
  'txtoken_checks_total result': ['valid', 'refused'],
  'txtoken_checks_total reason': [
    'signature',
    'key',
    'algorithm',
    'malformed',
    'future',
    'not_yet'
  ],
  'txtoken_refresh_tokens_left_out_total reason': ['full', 'size'],
  'txtoken_requests_total status': ['4..', '5..'],
  'txtoken_requests_shed_total limit': ['wait', 'calls']
}

/** What Prometheus adds to each metric that it scrapes, the last one in Kubernetes. */
const OF_PROMETHEUS = ['job', 'instance', 'namespace']

/** The labels of each metric, by a sample of it. */
async function readLabels(): Promise<ReadonlyMap<string, readonly string[]>> {
  const metrics = createMetrics()
  metrics.requestEnded('/', 200, 'ok', 1)
  metrics.observeCalls('host')('ok', 1)
  metrics.observeDown('host')
  metrics.remoteSkipped('host', 'remote_failed')
  metrics.tokenIssued('/')
  metrics.attemptRejected('/', 'client')
  metrics.tokenChecked('/', 'valid', 'none')
  metrics.jwksFetched('host', 'fetched')
  metrics.revoked('token')
  metrics.revocationEntries(1)
  metrics.revocationMaxEntries(1)
  metrics.revocationAvailable(true)
  metrics.revocationSynchronized(1)
  metrics.recordsHeld(1, 1)
  metrics.bodyRejected('cut')
  const hub = createMetricsHub()
  hub.join({ number: 1, call: async () => [] as never })
  const text = (await metrics.expose()) + (await hub.expose())
  const samples = [...text.matchAll(/^(\w+)(?:\{(.*)\})? /gm)]
  return new Map(
    samples.map(([, name = '', labels = '']) => [
      name,
      [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label)
    ])
  )
}

test('the metrics have the labels and values that queries use', async (t) => {
  const labels = await readLabels()
  const labelsOf = (metric = '') => [...OF_PROMETHEUS, ...(labels.get(metric) ?? [])]
  for (const { expr } of [...rules, ...panels.flatMap(({ targets = [] }) => targets)]) {
    const metrics = expr.match(/\b(?:txtoken|process|nodejs)_\w+/g) ?? []
    for (const [, list = ''] of expr.matchAll(/(?:by|without|ignoring) \(([^)]*)\)/g)) {
      const all = metrics.flatMap(labelsOf)
      for (const label of list.split(/, */)) t.true(all.includes(label), `${label} in ${expr}`)
    }
    for (const [, metric = '', matchers = ''] of expr.matchAll(/(\w+)\{([^}]*)\}/g)) {
      for (const [, label = '', text = ''] of matchers.matchAll(/(\w+)\s*[!=]=?~?\s*"([^"]*)"/g)) {
        if (metric !== 'up') t.true(labelsOf(metric).includes(label), `${label} in ${expr}`)
        if (OF_PROMETHEUS.includes(label)) continue
        const known = VALUES[`${metric} ${label}`] ?? []
        for (const value of text.split('|')) t.true(known.includes(value), `${value} in ${expr}`)
      }
    }
  }
})

test('the page has a row for exactly the existing metrics, with their labels', async (t) => {
  const names = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name)
  const rows = [...read('monitoring.md').matchAll(/^\| `(txtoken_\w+)` \| (.*?) ?\|/gm)]
  const documented = new Map(rows.map(([, name = '', labels = '']) => [name, names(labels)]))
  const ours = [...(await readLabels())].flatMap(([name, labels]) => {
    const plain = name.replace(/_(?:bucket|count|sum)$/, '')
    const own = labels.filter((label) => label !== 'le')
    return name.startsWith('txtoken_') ? [[plain, own] as const] : []
  })
  t.deepEqual(Object.fromEntries(documented), Object.fromEntries(ours))
})

test('without a revocation store its metrics are absent, and no alert fires', async (t) => {
  const config = {
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    routes: [{ check: '/checkToken', verify: [{ keys: 'all' }] }]
  }
  const without = await startService(t, { config: JSON.stringify(config) })
  const within = await startService(t, { config: CONFIG })
  const names = ['entries', 'available', 'synchronized_timestamp_seconds']
  const exposed = async ({ url }: { readonly url: string }) => {
    const { text } = await send(`${url}/metrics`)
    return names.filter((name) => new RegExp(`^txtoken_revocation_${name} `, 'm').test(text))
  }
  t.deepEqual(await exposed(without), [])
  t.deepEqual(await exposed(within), names)
})

test('reloads are counted from zero, so that the first failure is an increase', async (t) => {
  const { url } = await startService(t, { config: CONFIG })
  const { text } = await send(`${url}/metrics`)
  t.regex(text, /^txtoken_config_reloads_total\{result="failed"\} 0$/m)
  // Before the first reload nothing fires.
  t.regex(text, /^txtoken_config_last_reload_successful 1$/m)
})

test('the alerts use the job of the Prometheus configurations and of the monitors in the chart', (t) => {
  const named = rules.flatMap(({ expr }) => [...expr.matchAll(/job="([^"]*)"/g)])
  t.deepEqual([...new Set(named.map(([, job]) => job))], ['txtoken'])
  for (const name of ['prometheus.yml', 'prometheus-kubernetes.yml']) {
    const { scrape_configs: jobs } = parse(read(`prometheus/${name}`))
    t.deepEqual(
      jobs.map(({ job_name: job }: { job_name: string }) => job),
      ['txtoken'],
      name
    )
  }
  // The label has the name of the chart.
  const chart = read('../charts/txtoken/templates/monitoring.yaml')
  const monitors = chart.match(/^kind: \w+Monitor$/gm) ?? []
  t.is(monitors.length, 2)
  t.is(chart.match(/^ {2}jobLabel: app\.kubernetes\.io\/name$/gm)?.length, monitors.length)
  t.regex(read('../charts/txtoken/Chart.yaml'), /^name: txtoken$/m)
})

test('alerts have a unique name, a severity, a summary and a description', (t) => {
  const names = rules.map(({ alert }) => alert)
  t.deepEqual([...new Set(names)], names)
  for (const { alert, labels, annotations } of rules) {
    t.regex(alert, /^Txtoken[A-Z]/)
    t.regex(labels.severity, /^(page|ticket)$/, alert)
    t.true(annotations.summary.length > 20, alert)
    t.regex(annotations.description ?? '', /\.$/, alert)
  }
})

test('the runbook has a section for exactly the existing alerts', (t) => {
  const headings = [...read('runbook.md').matchAll(/^### (Txtoken\w+)$/gm)].map(([, name]) => name)
  t.deepEqual(
    headings,
    rules.map(({ alert }) => alert)
  )
  for (const { alert, annotations } of rules) {
    t.is(annotations.runbook, `docs/runbook.md#${alert.toLowerCase()}`)
  }
})

test('panels have a description and a unique id', (t) => {
  const ids = dashboard.panels.map(({ id }) => id)
  t.deepEqual([...new Set(ids)], ids)
  for (const { title, description } of panels) t.regex(description ?? '', /\.$/, title)
})
