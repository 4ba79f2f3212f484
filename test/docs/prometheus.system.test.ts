/** The alert rules, the scrape configurations and the dashboard, as the real programs take them. @needs promtool */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { parse } from 'yaml'
import { eventually } from '../helpers/eventually.ts'
import { post, send } from '../helpers/http.ts'
import { runService, urlOf } from '../helpers/program.ts'
import { PROMETHEUS, startPrometheus } from '../helpers/prometheus.ts'
import { refusingUrl, startRemote } from '../helpers/remote.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

const ROOT = join(import.meta.dirname, '../..')
const ALERTS = join(ROOT, 'test/docs/alerts')

/** The output and exit code of promtool. */
async function promtool(args: string[], input?: string) {
  const running = promisify(execFile)('promtool', args, { cwd: ROOT })
  if (input !== undefined) running.child.stdin?.end(input)
  return running.then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, output: `${stdout}${stderr}` })
  )
}

interface RulesFile {
  readonly groups: { readonly rules: { readonly alert: string; readonly expr: string }[] }[]
}

const rules = (
  parse(readFileSync(join(PROMETHEUS, 'alerts.yml'), 'utf8')) as RulesFile
).groups.flatMap((group) => group.rules)

const unitTests = readdirSync(ALERTS).map((name) => join(ALERTS, name))

test('promtool finds nothing wrong with the configuration and the rules', async (t) => {
  for (const [kind, name] of [
    ['config', 'prometheus.yml'],
    ['rules', 'alerts.yml']
  ] as const) {
    const { code, output } = await promtool(['check', kind, join(PROMETHEUS, name)])
    t.is(code, 0, output)
    t.true(output.includes(`${rules.length} rules found`), output)
  }
})

test('the alerts fire when they should, and only then', async (t) => {
  const { code, output } = await promtool(['test', 'rules', ...unitTests])
  t.is(code, 0, output)
})

test('each alert fires in a unit test', (t) => {
  const texts = unitTests.map((path) => readFileSync(path, 'utf8')).join('\n')
  const fired = new Set([...texts.matchAll(/alertname(?:="|: )(\w+)/g)].map(([, name]) => name))
  for (const { alert } of rules) t.true(fired.has(alert), alert)
})

test('the Kubernetes job scrapes the metrics port of every pod that has not ended', async (t) => {
  const text = readFileSync(join(PROMETHEUS, 'prometheus-kubernetes.yml'), 'utf8')
  const port = (name: string, labels: object = {}) => ({
    targets: [`10.0.0.${Object.keys(labels).length}:${name === 'admin' ? 9090 : 8888}`],
    labels: {
      __meta_kubernetes_namespace: 'login',
      __meta_kubernetes_pod_name: 'txtoken-1',
      __meta_kubernetes_pod_phase: 'Running',
      __meta_kubernetes_pod_label_app_kubernetes_io_name: 'txtoken',
      __meta_kubernetes_pod_container_port_name: name,
      ...labels
    }
  })
  const pods = [
    port('admin'),
    port('http'),
    port('admin', { __meta_kubernetes_pod_phase: 'Succeeded' }),
    port('admin', { __meta_kubernetes_pod_label_app_kubernetes_io_name: 'other' })
  ]
  // Debian's promtool knows no Kubernetes: here are the labels that it would find there.
  const found = text.replace(
    /kubernetes_sd_configs:\n.*/,
    `static_configs: ${JSON.stringify(pods)}`
  )
  t.not(found, text)
  const file = join(await createTemporaryFolder(t), 'prometheus.yml')
  await writeFile(file, found.replace(/^rule_files.*/m, ''))
  const { code, output } = await promtool([
    'check',
    'service-discovery',
    '--timeout=1s',
    file,
    'txtoken'
  ])
  t.is(code, 0, output)
  const targets = JSON.parse(output) as { labels: Record<string, string> }[]
  const kept = targets.map(({ labels }) => labels).filter((labels) => 'job' in (labels ?? {}))
  t.is(kept.length, 1, output)
  const { job, namespace, pod, __address__ } = kept[0] ?? {}
  t.deepEqual(
    { job, namespace, pod, __address__ },
    { job: 'txtoken', namespace: 'login', pod: 'txtoken-1', __address__: '10.0.0.0:9090' }
  )
})

interface Panel {
  readonly title: string
  readonly targets?: { readonly expr: string; readonly legendFormat: string }[]
}

const { panels } = JSON.parse(readFileSync(join(ROOT, 'docs/grafana/txtoken.json'), 'utf8')) as {
  panels: Panel[]
}

/** Two workers with a value for every metric. */
function describeService(login: string, unreachable: string): string {
  return JSON.stringify({
    workers: 2,
    listen: { main: { port: 0, host: '127.0.0.1' }, admin: { port: 0, host: '127.0.0.1' } },
    limits: { calls: 1 },
    revocation: { store: 'memory' },
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    routes: [
      {
        issue: '/getToken',
        attempts: { by: ['body:email'], allow: 1, per: '1h' },
        claims: [{ from: 'remote', url: login }],
        refresh: { route: '/refreshToken', recheck: login }
      },
      {
        issue: '/service',
        claims: [
          {
            from: 'remote',
            url: unreachable,
            onError: 'skip',
            breaker: { failures: 1, pause: '5m' }
          }
        ]
      },
      {
        check: '/checkToken',
        verify: [
          { jwks: unreachable, allowHttp: true, issuer: 'https://sso.test', algorithms: ['RS256'] },
          { keys: 'all' }
        ]
      },
      { revoke: '/revokeToken', on: 'main' }
    ]
  })
}

test('every expression has a value in a Prometheus that scrapes the built program, and promtool accepts its metrics', async (t) => {
  const login = await startRemote(t, (response, { body }) => {
    const isWrong = body.toString().includes('wrong')
    setTimeout(() => response.writeHead(isWrong ? 401 : 200).end('{"sub":"ada"}'), 100)
  })
  const service = await runService(t, describeService(login.url, await refusingUrl(t)))
  const admin = await urlOf(service, 'admin')
  const prometheus = await startPrometheus(t, new URL(admin).host)
  await eventually(async () => (await prometheus.query('up == 1')).length === 1, 100)

  /** One of everything, at both workers in the end. */
  async function request(): Promise<void> {
    const { url } = service
    const logins = Array.from({ length: 4 }, () => post(`${url}/getToken`, '{}'))
    const answers = await Promise.all(logins)
    const { text = '{}' } = answers.find(({ status }) => status === 200) ?? {}
    for (let attempt = 0; attempt < 3; attempt++) {
      await post(`${url}/getToken`, '{"email":"wrong@example.com"}')
    }
    await post(`${url}/service`, '{}')
    const { token = '' } = JSON.parse(text) as { token?: string }
    await send(`${url}/checkToken`, { headers: { authorization: token } })
    const foreign = makeToken('{"iss":"https://sso.test"}', { header: '{"alg":"RS256"}' })
    await send(`${url}/checkToken`, { headers: { authorization: foreign } })
    await send(`${url}/checkToken`, { headers: { authorization: 'nonsense' } })
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    await send(`${url}/revokeToken`, { method: 'POST', headers: form, body: `token=${token}` })
  }

  const targets = panels.flatMap(({ title, targets = [] }) =>
    targets.map((target) => ({ title, ...target }))
  )
  t.true(targets.length > 30)
  // A rate takes two scrapes of a series.
  const missing = new Set(targets)
  await eventually(async () => {
    await request()
    for (const target of missing) {
      const expr = target.expr
        .replaceAll('$job', 'txtoken')
        .replaceAll('$instance', '.*')
        .replaceAll('$__rate_interval', '1m')
      const [series] = await prometheus.query(expr)
      if (series === undefined) continue
      missing.delete(target)
      for (const [, label = ''] of target.legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        t.true(label in series.metric, `${label} in ${expr}`)
      }
    }
    return missing.size === 0
  }, 500).catch((error: Error) => {
    t.fail(
      `${error.message}\n${[...missing].map(({ title, expr }) => `${title}: ${expr}`).join('\n')}`
    )
  })

  // The series that alerts use exist, with the labels in the rules. Only some of the rules are true now.
  for (const { alert, expr } of rules) {
    await t.notThrowsAsync(prometheus.query(expr), alert)
    for (const [, metric = '', matchers = ''] of expr.matchAll(
      /\b((?:txtoken|process|nodejs)_\w+|up)\b(?:\{([^}]*)\})?/g
    )) {
      const [series] = await prometheus.query(metric)
      t.truthy(series, `${metric} of ${alert}`)
      for (const [, label = ''] of matchers.matchAll(/(\w+)[!=]~?=?~?"/g)) {
        t.true(label in (series?.metric ?? {}), `${label} of ${metric} in ${alert}`)
      }
    }
  }
  const loaded = (await prometheus.ask('/api/v1/rules')) as {
    groups: { rules: { name: string; health: string; lastError?: string }[] }[]
  }
  for (const { name, health, lastError } of loaded.groups.flatMap(({ rules }) => rules)) {
    t.is(health, 'ok', `${name}: ${lastError}`)
  }

  const { text } = await send(`${admin}/metrics`)
  const { output } = await promtool(['check', 'metrics'], text)
  // The names come from prom-client.
  const found = output.split('\n').filter((line) => !/^(?:nodejs_active_\w+ .*)?$/.test(line))
  t.deepEqual(found, [])
})
