/** The overlays of the Kubernetes manifests fit the manifests, and what they say together makes a service that starts. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { loadConfig } from '../../src/config/load.ts'
import { writeFiles } from '../helpers/folder.ts'
import { type Resource, renderOverlay } from '../helpers/render-overlay.ts'
import { findViolations } from './pod-security.ts'

const FOLDER = join(import.meta.dirname, '../../k8s/overlays')
const overlays = new Map(
  readdirSync(FOLDER).map((name) => [name, renderOverlay(join(FOLDER, name))])
)

interface Container {
  readonly env: { name: string; valueFrom: { secretKeyRef: { name: string; key: string } } }[]
  readonly volumeMounts: { name: string; mountPath: string }[]
}

interface PodSpec {
  readonly containers: [Container]
  readonly volumes: { name: string }[]
}

function find(name: string, kind: string, resourceName = 'txtoken'): Resource {
  const found = overlays
    .get(name)
    ?.find((one) => one.kind === kind && one.metadata.name === resourceName)
  if (found === undefined) throw new Error(`expected a ${kind} ${resourceName} in ${name}`)
  return found
}

function podOf(deployment: Resource): PodSpec {
  return (deployment.spec as { template: { spec: PodSpec } }).template.spec
}

/** The configuration that an overlay carries, loaded with the environment that its container has. */
async function configOf(t: ExecutionContext, name: string) {
  const data = find(name, 'ConfigMap').data as Record<string, string>
  const folder = await writeFiles(t, data)
  const [container] = podOf(find(name, 'Deployment')).containers
  const env = Object.fromEntries(container.env.map((one) => [one.name, 'a'.repeat(40)]))
  return { config: loadConfig({ file: join(folder, 'txtoken.yml'), env }).config, env }
}

test('there is one overlay for each way to run it', (t) => {
  t.deepEqual([...overlays.keys()].toSorted(), ['generated-keys', 'plain', 'redis'])
})

for (const [name, resources] of overlays) {
  test(`${name}: everything is in one namespace, once`, (t) => {
    t.deepEqual(new Set(resources.map(({ metadata }) => metadata.namespace)), new Set(['txtoken']))
    const names = resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    t.deepEqual([...new Set(names)], names)
  })

  test(`${name}: the configuration loads, and uses all that the container is given`, async (t) => {
    const { config, env } = await configOf(t, name)
    t.true(config.routes.length > 1)
    const { 'txtoken.yml': text = '' } = find(name, 'ConfigMap').data as Record<string, string>
    for (const variable of Object.keys(env)) {
      t.regex(text, new RegExp(`\\$\\{${variable}\\}|env: ${variable}\\b`), variable)
    }
  })

  test(`${name}: pods keep to the restricted profile, and mount what they have`, (t) => {
    for (const one of resources.filter(({ kind }) =>
      ['Deployment', 'StatefulSet'].includes(kind)
    )) {
      const pod = podOf(one)
      t.deepEqual(findViolations(pod), [])
      const claims = (one.spec as { volumeClaimTemplates?: Resource[] }).volumeClaimTemplates ?? []
      const volumes = [...(pod.volumes ?? []), ...claims.map(({ metadata }) => metadata)]
      for (const { volumeMounts } of pod.containers) {
        for (const mount of volumeMounts) {
          t.true(
            volumes.some((volume) => volume.name === mount.name),
            mount.name
          )
        }
      }
    }
  })
}

test('redis: replicas share their revocations, and may reach the store', async (t) => {
  const { config } = await configOf(t, 'redis')
  t.like(config.revocation?.store, { kind: 'redis', host: 'txtoken-redis', port: 6379 })
  t.true(config.routes.some((route) => 'revoke' in route && route.auth !== undefined))
  find('redis', 'Service', 'txtoken-redis')
  const { egress } = find('redis', 'NetworkPolicy').spec as { egress: { to: unknown }[] }
  t.deepEqual(egress.at(-1)?.to, [
    { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'txtoken-redis' } } }
  ])
})

test('generated keys: they lie on the volume that replicas share, and the public ones are published', async (t) => {
  const { config } = await configOf(t, 'generated-keys')
  const [key] = config.keys
  const pod = podOf(find('generated-keys', 'Deployment'))
  t.deepEqual(pod.containers[0].env, [])
  t.is(
    key?.origin === 'generate' ? key.generate.dir : undefined,
    pod.containers[0].volumeMounts.find((mount) => mount.name === 'keys')?.mountPath
  )
  t.like(find('generated-keys', 'PersistentVolumeClaim', 'txtoken-keys').spec, {
    accessModes: ['ReadWriteMany']
  })
  const { rules } = find('generated-keys', 'Ingress').spec as {
    rules: [{ http: { paths: { path: string }[] } }]
  }
  t.true(rules[0].http.paths.some(({ path }) => path === '/.well-known/jwks.json'))
})
