/** The dashboard and the alert rules name metrics, labels and outcomes that the service has. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'
import { send } from '../helpers/http.ts'
import { ENC_KEY, startService } from '../helpers/service.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string }
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
  const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name))
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

test('the labels in queries are those of the metrics', (t) => {
  const labels = new Set([
    ...['job', 'instance', 'le'],
    ...['route', 'status', 'remote', 'outcome', 'result', 'reason', 'code', 'kind']
  ])
  for (const query of [...rules, ...panels.flatMap(({ targets = [] }) => targets)]) {
    const used = [
      ...[...query.expr.matchAll(/[{,]\s*(\w+)\s*[=!]/g)].map(([, label]) => label),
      ...[...query.expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list?.split(/, */))
    ]
    for (const label of used) t.true(labels.has(label ?? ''), `${label} in ${query.expr}`)
  }
})

test('alerts have a severity and say what is wrong, each under a name of its own', (t) => {
  const names = rules.map(({ alert }) => alert)
  t.deepEqual([...new Set(names)], names)
  for (const { alert, labels, annotations } of rules) {
    t.regex(alert, /^Txtoken[A-Z]/)
    t.regex(labels.severity, /^(page|ticket)$/, alert)
    t.true(annotations.summary.length > 20, alert)
  }
})

test('panels say what they show, each with an id of its own', (t) => {
  const ids = dashboard.panels.map(({ id }) => id)
  t.deepEqual([...new Set(ids)], ids)
  for (const { title, description } of panels) t.regex(description ?? '', /\.$/, title)
})
