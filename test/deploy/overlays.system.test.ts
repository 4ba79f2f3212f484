/** The Kubernetes manifests as kubectl renders them: valid objects, admitted pods, and a configuration that starts. */

import { readdirSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { loadConfig } from '../../src/config/load.ts'
import { writeFiles } from '../helpers/folder.ts'
import { findRecipe } from '../helpers/key-recipes.ts'
import { createSchemaCheck } from '../helpers/kubernetes-schemas.ts'
import {
  findResource,
  findViolations,
  listPodOwners,
  type Rendered,
  readPods,
  renderKustomization
} from '../helpers/render-manifests.ts'

const K8S = join(import.meta.dirname, '../../k8s')
const OVERLAYS = readdirSync(join(K8S, 'overlays')).toSorted()

let checkSchemas: (yaml: string) => Promise<string>
const renderings = new Map<string, Rendered>()

test.before('kubectl renders the base and every overlay', async (t) => {
  // The first time on a machine, the tools are built.
  t.timeout(900_000)
  checkSchemas = await createSchemaCheck()
  renderings.set('base', await renderKustomization(join(K8S, 'base')))
  for (const name of OVERLAYS) {
    renderings.set(name, await renderKustomization(join(K8S, 'overlays', name)))
  }
})

function rendering(name: string): Rendered {
  const found = renderings.get(name)
  if (found === undefined) throw new Error(`expected a rendering of ${name}`)
  return found
}

/** The configuration that a rendering carries, loaded with the environment that its container has. */
async function configOf(t: ExecutionContext, name: string) {
  const { data } = findResource(rendering(name), 'ConfigMap', 'txtoken') as unknown as {
    data: Record<string, string>
  }
  const folder = await writeFiles(t, data)
  const { container } = readPods(findResource(rendering(name), 'Deployment', 'txtoken'))
  const env = Object.fromEntries(
    container.env.map((one) => [one.name, 'Zb4xQ9vLr2Wm7TcEy1Hs8KpUd5NgAj3F'])
  )
  const { config } = loadConfig({ file: join(folder, 'txtoken.yml'), env })
  return { config, env, text: data['txtoken.yml'] ?? '' }
}

test('there is one overlay for each way to run it', (t) => {
  t.deepEqual(OVERLAYS, ['generated-keys', 'plain', 'redis'])
})

for (const name of ['base', ...OVERLAYS]) {
  test(`${name}: every object matches the schemas of the API, without unknown fields`, async (t) => {
    t.is(await checkSchemas(rendering(name).yaml), '')
  })

  test(`${name}: a namespace that enforces the restricted profile admits the pods`, async (t) => {
    const owners = listPodOwners(rendering(name))
    t.true(owners.length > 0)
    t.is(await findViolations(owners), '')
    for (const owner of owners) {
      const { pod, container, volumes } = readPods(owner)
      t.true(container.securityContext.readOnlyRootFilesystem)
      t.false(pod.automountServiceAccountToken)
      for (const mount of container.volumeMounts) t.true(volumes.includes(mount.name), mount.name)
    }
  })

  test(`${name}: the configuration loads, and uses everything that the container gets`, async (t) => {
    const { config, env, text } = await configOf(t, name)
    t.true(config.routes.length > 1)
    for (const variable of Object.keys(env)) {
      t.regex(text, new RegExp(`\\$\\{${variable}\\}|env: ${variable}\\b`), variable)
    }
  })
}

for (const name of OVERLAYS) {
  test(`${name}: every object is in the same namespace, once`, (t) => {
    const { resources } = rendering(name)
    t.deepEqual(new Set(resources.map(({ metadata }) => metadata.namespace)), new Set(['txtoken']))
    const names = resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    t.deepEqual([...new Set(names)], names)
  })
}

test('redis: replicas share their revocations, and may reach the store', async (t) => {
  const { config } = await configOf(t, 'redis')
  t.like(config.revocation?.store, {
    kind: 'redis',
    nodes: [{ host: 'txtoken-redis', port: 6379 }]
  })
  t.true(config.routes.some((route) => 'revoke' in route && route.auth !== undefined))
  findResource(rendering('redis'), 'Service', 'txtoken-redis')
  const { egress } = findResource(rendering('redis'), 'NetworkPolicy', 'txtoken').spec as {
    egress: { to: unknown }[]
  }
  t.deepEqual(egress.at(-1)?.to, [
    { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'txtoken-redis' } } }
  ])
})

test('generated keys: they are on the volume that replicas share, and the public ones are published', async (t) => {
  const { config } = await configOf(t, 'generated-keys')
  const [key] = config.keys
  const overlay = rendering('generated-keys')
  const { container } = readPods(findResource(overlay, 'Deployment', 'txtoken'))
  t.deepEqual(container.env, [])
  t.is(
    key?.origin === 'generate' ? key.generate.dir : undefined,
    container.volumeMounts.find((mount) => mount.name === 'keys')?.mountPath
  )
  t.like(findResource(overlay, 'PersistentVolumeClaim', 'txtoken-keys').spec, {
    accessModes: ['ReadWriteMany']
  })
  const { rules } = findResource(overlay, 'Ingress', 'txtoken').spec as {
    rules: [{ http: { paths: { path: string }[] } }]
  }
  t.true(rules[0].http.paths.some(({ path }) => path === '/.well-known/jwks.json'))
})

test('the patch of the page about keys mounts a Secret', async (t) => {
  const [patch = ''] = findRecipe('Keys in a Kubernetes Secret', 'yaml kubernetes')
  const [kustomization = ''] = findRecipe('Keys in a Kubernetes Secret', 'yaml kustomize')
  const folder = await writeFiles(t, { 'patch.yml': patch, 'kustomization.yml': kustomization })
  await cp(K8S, join(folder, 'k8s'), { recursive: true })
  const rendered = await renderKustomization(folder)
  t.is(await checkSchemas(rendered.yaml), '')
  const { container, volumes } = readPods(findResource(rendered, 'Deployment', 'txtoken'))
  t.true(container.volumeMounts.some(({ mountPath }) => mountPath === '/run/secrets/txtoken'))
  t.deepEqual(volumes.toSorted(), ['config', 'keys'])
})

test('the checks find mistakes', async (t) => {
  const { yaml } = rendering('plain')
  t.regex(
    await checkSchemas(yaml.replace('maxUnavailable: 0', 'maxUnavailible: 0')),
    /maxUnavailible' not allowed/
  )
  const [owner] = listPodOwners(rendering('plain'))
  const faulty = JSON.parse(JSON.stringify(owner).replace('"runAsNonRoot":true,', ''))
  t.regex(await findViolations([faulty]), /^Deployment txtoken: runAsNonRoot != true/)
})
