/** The dashboard and the alert rules name metrics, labels and outcomes that the service has. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'
import type { FetchReport } from '../../src/keys/remote/remote-key-source.ts'
import { createMetrics } from '../../src/operations/metrics.ts'
import type { CallOutcome } from '../../src/remote/remote.ts'
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

/** Every metric that a query names. */
function metricsIn(query: string): string[] {
  const names = query.match(/\b(?:txtoken|process|nodejs)_\w+/g) ?? []
  return names.map((name) => name.replace(/_(?:bucket|count|sum)$/, ''))
}

/** A service with everything in it that has metrics. */
const CONFIG = JSON.stringify({
  keys: [{ alg: 'HS256', secret: ENC_KEY }],
  revocation: { store: 'memory' },
  routes: [{ check: '/checkToken', verify: [{ keys: 'all' }] }]
})

test('every metric that the dashboard and the alerts name is there', async (t) => {
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

/** Values that a label has, as far as queries name them. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  'txtoken_remote_calls_total outcome': [
    'remote_failed',
    'remote_timeout',
    'remote_reply',
    'remote_error',
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
  'txtoken_config_reloads_total result': ['ok', 'failed'],
  'txtoken_requests_total route': ['none'],
  'txtoken_requests_total status': ['5..']
}

/** What Prometheus adds to each metric that it scrapes. */
const OF_PROMETHEUS = ['job', 'instance']

/** The labels of each metric, by a sample of it. */
async function readLabels(): Promise<ReadonlyMap<string, readonly string[]>> {
  const metrics = createMetrics()
  metrics.requestEnded('/', 200, 1)
  metrics.observeCalls('host')('ok', 1)
  metrics.remoteSkipped('host', 'remote_failed')
  metrics.tokenIssued('/')
  metrics.tokenChecked('/', 'valid', 'none')
  metrics.jwksFetched('fetched')
  metrics.revoked('token')
  metrics.bodyRejected('cut')
  const samples = [...(await metrics.expose()).matchAll(/^(\w+)(?:\{(.*)\})? /gm)]
  return new Map(
    samples.map(([, name = '', labels = '']) => [
      name,
      [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label)
    ])
  )
}

test('the labels in queries are those of the metrics, and so are their values', async (t) => {
  const labels = await readLabels()
  const labelsOf = (metric = '') => [...OF_PROMETHEUS, ...(labels.get(metric) ?? [])]
  for (const { expr } of [...rules, ...panels.flatMap(({ targets = [] }) => targets)]) {
    const metrics = expr.match(/\b(?:txtoken|process|nodejs)_\w+/g) ?? []
    for (const [, list = ''] of expr.matchAll(/by \(([^)]*)\)/g)) {
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

test('without a revocation store nothing is said of one, and nobody is paged for it', async (t) => {
  const config = {
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    routes: [{ check: '/checkToken', verify: [{ keys: 'all' }] }]
  }
  const without = await startService(t, { config: JSON.stringify(config) })
  const within = await startService(t, { config: CONFIG })
  const names = ['entries', 'available', 'synchronized_timestamp_seconds']
  const said = async ({ url }: { readonly url: string }) => {
    const { text } = await send(`${url}/metrics`)
    return names.filter((name) => new RegExp(`^txtoken_revocation_${name} `, 'm').test(text))
  }
  t.deepEqual(await said(without), [])
  t.deepEqual(await said(within), names)
})

test('reloads are counted from zero on, so that the first that fails is a rise', async (t) => {
  const { url } = await startService(t, { config: CONFIG })
  const { text } = await send(`${url}/metrics`)
  t.regex(text, /^txtoken_config_reloads_total\{result="failed"\} 0$/m)
})

test('alerts have a severity and say what is wrong and what to do, each under a name of its own', (t) => {
  const names = rules.map(({ alert }) => alert)
  t.deepEqual([...new Set(names)], names)
  for (const { alert, labels, annotations } of rules) {
    t.regex(alert, /^Txtoken[A-Z]/)
    t.regex(labels.severity, /^(page|ticket)$/, alert)
    t.true(annotations.summary.length > 20, alert)
    t.regex(annotations.description ?? '', /\.$/, alert)
  }
})

test('each alert has a section in the runbook, and the runbook none for another', (t) => {
  const headings = [...read('runbook.md').matchAll(/^### (Txtoken\w+)$/gm)].map(([, name]) => name)
  t.deepEqual(
    headings,
    rules.map(({ alert }) => alert)
  )
  for (const { alert, annotations } of rules) {
    t.is(annotations.runbook, `docs/runbook.md#${alert.toLowerCase()}`)
  }
})

test('panels say what they show, each with an id of its own', (t) => {
  const ids = dashboard.panels.map(({ id }) => id)
  t.deepEqual([...new Set(ids)], ids)
  for (const { title, description } of panels) t.regex(description ?? '', /\.$/, title)
})
