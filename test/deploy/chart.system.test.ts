/** The Helm chart: each file of charts/txtoken/ci is a variant, which Helm renders and real tools check. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { installGoTool } from '../../scripts/go-tools.ts'
import { loadConfig } from '../../src/config/load.ts'
import { findCode } from '../helpers/documentation.ts'
import { writeFiles } from '../helpers/folder.ts'
import { createSchemaCheck } from '../helpers/kubernetes-schemas.ts'
import {
  findResource,
  findViolations,
  listPodOwners,
  type Rendered,
  readPods,
  readRendered,
  renderKustomization
} from '../helpers/render-manifests.ts'

const ROOT = join(import.meta.dirname, '../..')
const CHART = join(ROOT, 'charts/txtoken')
const VARIANTS = readdirSync(join(CHART, 'ci')).map((name) => name.replace('-values.yaml', ''))

let checkSchemas: (yaml: string) => Promise<string>
let helm: string
const renderings = new Map<string, Rendered>()

test.before('Helm renders every variant', async (t) => {
  // The first time on a machine, the tools are built.
  t.timeout(900_000)
  checkSchemas = await createSchemaCheck()
  helm = await installGoTool('helm')
  for (const name of VARIANTS) {
    renderings.set(name, readRendered(await render('-f', valuesOf(name))))
  }
})

async function runHelm(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(helm, args)).stdout
}

function render(...args: readonly string[]): Promise<string> {
  return runHelm('template', 'txtoken', CHART, '--namespace', 'txtoken', ...args)
}

function valuesOf(name: string): string {
  return join(CHART, 'ci', `${name}-values.yaml`)
}

function rendering(name: string): Rendered {
  const found = renderings.get(name)
  if (found === undefined) throw new Error(`expected a rendering of ${name}`)
  return found
}

function podsOf(rendered: Rendered) {
  return readPods(findResource(rendered, 'Deployment', 'txtoken'))
}

async function configOf(t: ExecutionContext, rendered: Rendered) {
  const { data } = findResource(rendered, 'ConfigMap', 'txtoken') as unknown as {
    data: Record<string, string>
  }
  const folder = await writeFiles(t, data)
  const env = Object.fromEntries(
    podsOf(rendered).container.env.map((one) => [one.name, 'Zb4xQ9vLr2Wm7TcEy1Hs8KpUd5NgAj3F'])
  )
  return loadConfig({ file: join(folder, 'txtoken.yml'), env }).config
}

for (const name of VARIANTS) {
  test(`${name}: Helm reports no problem`, async (t) => {
    t.regex(await runHelm('lint', '--strict', CHART, '-f', valuesOf(name)), /0 chart\(s\) failed/)
  })

  test(`${name}: every object matches the schemas of the API and the CRDs, without unknown fields`, async (t) => {
    t.is(await checkSchemas(rendering(name).yaml), '')
  })

  test(`${name}: a namespace that enforces the restricted profile admits the pods`, async (t) => {
    const owners = listPodOwners(rendering(name))
    t.is(await findViolations(owners), '')
    for (const owner of owners) {
      const { pod, container, volumes } = readPods(owner)
      t.true(container.securityContext.readOnlyRootFilesystem)
      t.false(pod.automountServiceAccountToken)
      for (const mount of container.volumeMounts) t.true(volumes.includes(mount.name), mount.name)
    }
  })
}

for (const name of ['plain', 'redis', 'generated-keys']) {
  test(`${name}: the chart makes the configuration and the pods of the overlay`, async (t) => {
    t.timeout(900_000)
    const overlay = await renderKustomization(join(ROOT, 'k8s/overlays', name))
    const chart = rendering(name)
    t.deepEqual(await configOf(t, chart), await configOf(t, overlay))
    const [ours, theirs] = [podsOf(chart), podsOf(overlay)]
    for (const key of ['securityContext', 'terminationGracePeriodSeconds'] as const) {
      t.deepEqual(ours.pod[key], theirs.pod[key])
    }
    const { imagePullPolicy, ...container } = ours.container
    t.is(imagePullPolicy, 'IfNotPresent')
    t.deepEqual(sorted(container), sorted(theirs.container))
    t.deepEqual(kindsOf(chart), kindsOf(overlay))
  })
}

function sorted({ env, volumeMounts, ...rest }: ReturnType<typeof podsOf>['container']) {
  const byName = (one: { name: string }, other: { name: string }) =>
    one.name.localeCompare(other.name)
  return { ...rest, env: env.toSorted(byName), volumeMounts: volumeMounts.toSorted(byName) }
}

function kindsOf({ resources }: Rendered): string[] {
  return resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted()
}

test('Prometheus finds the pods, under the job that the alert rules expect', (t) => {
  const rendered = rendering('gateway')
  const { labels } = findResource(rendered, 'Service', 'txtoken-metrics').metadata
  for (const kind of ['PodMonitor', 'ServiceMonitor']) {
    const { jobLabel, selector } = findResource(rendered, kind, 'txtoken').spec as {
      jobLabel: string
      selector: { matchLabels: Record<string, string> }
    }
    t.is(selector.matchLabels[jobLabel], 'txtoken')
    t.like(labels, selector.matchLabels)
  }
})

test('probes and Prometheus use HTTPS where the listener for operators has TLS', (t) => {
  for (const [name, probes, others] of [
    ['admin-tls', 'HTTPS', 'https'],
    ['plain', undefined, undefined]
  ] as const) {
    const rendered = rendering(name)
    const { template } = findResource(rendered, 'Deployment', 'txtoken').spec as {
      template: {
        metadata: { annotations: Record<string, string> }
        spec: { containers: Record<string, { httpGet: { scheme?: string } }>[] }
      }
    }
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      t.is(template.spec.containers[0]?.[probe]?.httpGet.scheme, probes, probe)
    }
    t.is(template.metadata.annotations['prometheus.io/scheme'], others)
  }
  const { yaml } = rendering('admin-tls')
  t.is(yaml.match(/^ {6}scheme: https\n {6}tlsConfig:$/gm)?.length, 2)
  t.regex(yaml, /appProtocol: https/)
})

test('the number of pods is fixed only without an autoscaler', (t) => {
  const replicas = (name: string) =>
    (findResource(rendering(name), 'Deployment', 'txtoken').spec as { replicas?: number }).replicas
  t.is(replicas('gateway'), 3)
  t.is(replicas('plain'), undefined)
})

test('a configuration in a Secret is mounted, and no ConfigMap is made', (t) => {
  const rendered = rendering('existing-secret')
  t.false(rendered.resources.some(({ kind }) => kind === 'ConfigMap'))
  t.like(
    podsOf(rendered).pod.volumes.find(({ name }) => name === 'config'),
    { secret: { secretName: 'txtoken-config' } }
  )
})

test('the memory limit is the one that the heap of the image was measured for', (t) => {
  const page = readFileSync(join(ROOT, 'docs/sizing.md'), 'utf8')
  const [, limit = ''] = /within the (\d+) MiB of Compose and the manifests/.exec(page) ?? []
  t.is(podsOf(rendering('plain')).container.resources.limits.memory, `${limit}Mi`)
})

test('the values on the page make a configuration that loads, and an Ingress with their host', async (t) => {
  const [values = ''] = findCode('docs/deploy.md', 'Helm', 'yaml values')
  const file = join(await writeFiles(t, { 'values.yml': values }), 'values.yml')
  const rendered = readRendered(await render('--values', file))
  t.is(await checkSchemas(rendered.yaml), '')
  t.is((await configOf(t, rendered)).routes.length, 2)
  t.like(findResource(rendered, 'Ingress', 'txtoken').spec, {
    rules: [{ host: 'tokens.example.com' }]
  })
  t.is(
    await runHelm('show', 'values', CHART),
    await readFile(join(CHART, 'values.yaml'), 'utf8').then((text) => `${text}\n`)
  )
})

test('invalid values are rejected with the reason', async (t) => {
  for (const [value, reason] of [
    ['ingres.enabled=true', /additional properties 'ingres' not allowed/],
    ['httpRoute.enabled=true', /httpRoute\/parentRefs': minItems/],
    ['redis.enabled=true', /secret\/keys': no items match/],
    ['config.listen.admin.host=127.0.0.1', /config\/listen\/admin\/host/],
    ['config.routes[0].on=main,config.routes[0].true=main', /write "on" in quotes/],
    ['resources.limits.memory=256', /resources\/limits\/memory/],
    ['autoscaling.minReplicas=11', /maxReplicas to be minReplicas \(11\) or more, found 10/],
    ['config.timeouts.drain=0.5m', /expected more than config.timeouts.drain \(0.5m\), found 30/]
  ] as const) {
    const error = await t.throwsAsync(render('--set', value))
    t.regex(error?.message ?? '', reason, value)
  }
})

test('the chart has the version of the project', (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  t.regex(
    readFileSync(join(CHART, 'Chart.yaml'), 'utf8'),
    new RegExp(`^appVersion: ${version}$`, 'm')
  )
})
