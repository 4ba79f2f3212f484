/** The Kubernetes manifests agree with each other, with the image and with the configuration that they carry. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import test from 'ava'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'
import { readDockerfile, textsOf, valuesOf } from '../helpers/read-dockerfile.ts'
import { listManifestFiles, readHead, readManifests } from '../helpers/read-manifests.ts'

const ROOT = join(import.meta.dirname, '../..')
const LABELS = { 'app.kubernetes.io/name': 'txtoken' }
const NOT_APPLIED = ['kustomization.yml', 'secret.example.yml']

const { image } = readDockerfile()
const configFile = valuesOf(image, 'ENV').CFG_FILE ?? ''
const manifests = readManifests()
const { configMap, secret, deployment, service, ingress, networkPolicy } = manifests
const { template } = deployment.spec
const [container] = template.spec.containers
const configText = configMap.data[posix.basename(configFile)] ?? ''

const folder = mkdtempSync(join(tmpdir(), 'txtoken-kubernetes-'))
const file = join(folder, 'txtoken.yml')
writeFileSync(file, configText)
test.after.always(() => rmSync(folder, { recursive: true }))

/** The environment of the container, with a real key in place of the placeholder of the Secret. */
const env = Object.fromEntries(
  container.env.map(({ name }) => [name, randomBytes(32).toString('hex')])
)
const { config } = loadConfig({ file, env })
const admin = config.listen.admin ?? { port: 0, host: '' }
const ports = { http: config.listen.main.port, admin: admin.port }

test('the kustomization lists every manifest of the folder, save the example of a Secret', (t) => {
  t.deepEqual(
    [...manifests.kustomization.resources, ...NOT_APPLIED].toSorted(),
    listManifestFiles()
  )
})

test('every manifest has a current API version, and its file, name and label agree', (t) => {
  const versions: Record<string, string> = {
    ConfigMap: 'v1',
    Secret: 'v1',
    Service: 'v1',
    Deployment: 'apps/v1',
    Ingress: 'networking.k8s.io/v1',
    NetworkPolicy: 'networking.k8s.io/v1',
    HorizontalPodAutoscaler: 'autoscaling/v2',
    PodDisruptionBudget: 'policy/v1'
  }
  for (const name of listManifestFiles().filter((one) => one !== 'kustomization.yml')) {
    const { apiVersion, kind, metadata } = readHead(name)
    t.is(versions[kind], apiVersion, name)
    t.is(name.split('.')[0], kind.toLowerCase())
    t.deepEqual(metadata, { name: 'txtoken', labels: LABELS }, name)
  }
})

test('every selector finds the pods of the Deployment', (t) => {
  t.deepEqual(template.metadata.labels, LABELS)
  const selectors = [
    deployment.spec.selector.matchLabels,
    service.spec.selector,
    manifests.disruptionBudget.spec.selector.matchLabels,
    networkPolicy.spec.podSelector.matchLabels,
    ...template.spec.topologySpreadConstraints.map((one) => one.labelSelector.matchLabels)
  ]
  for (const selector of selectors) t.deepEqual(selector, LABELS)
})

test('pods are spread over nodes and zones', (t) => {
  t.deepEqual(
    template.spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey),
    ['topology.kubernetes.io/zone', 'kubernetes.io/hostname']
  )
})

test('the configuration needs exactly the variables that the container gets from the Secret', (t) => {
  const references = [...configText.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name)
  t.deepEqual(
    references,
    container.env.map(({ name }) => name)
  )
  for (const { valueFrom } of container.env) {
    t.is(valueFrom.secretKeyRef.name, secret.metadata.name)
  }
  t.deepEqual(
    container.env.map(({ valueFrom }) => valueFrom.secretKeyRef.key),
    Object.keys(secret.stringData)
  )
})

test('the placeholder of the example of a Secret does not start the service', (t) => {
  const error = t.throws(() => loadConfig({ file, env: secret.stringData }), {
    instanceOf: ConfigError
  })
  t.deepEqual(
    error.problems.map(({ path }) => path),
    [['keys', 0, 'secret']]
  )
})

test('the configuration is mounted where the image looks for it, as a folder that updates reach', (t) => {
  const [mount] = container.volumeMounts
  t.is(mount?.mountPath, posix.dirname(configFile))
  t.is(mount?.subPath, undefined)
  t.deepEqual(template.spec.volumes, [
    { name: mount?.name, configMap: { name: configMap.metadata.name } }
  ])
  t.deepEqual(Object.keys(configMap.data), [posix.basename(configFile)])
})

test('the ports of the container match the configuration and the image', (t) => {
  const declared = container.ports.map(({ name, containerPort }) => [name, containerPort])
  t.deepEqual(Object.fromEntries(declared), ports)
  t.deepEqual(
    textsOf(image, 'EXPOSE').flatMap((text) => text.split(' ').map(Number)),
    Object.values(ports)
  )
  t.not(ports.http, ports.admin)
})

test('both listeners can be reached from outside of the pod', (t) => {
  t.is(config.listen.main.host, '::')
  t.is(admin.host, '::')
})

test('probes and metrics go to the admin listener', (t) => {
  t.deepEqual(container.startupProbe.httpGet, { path: '/livez', port: 'admin' })
  t.deepEqual(container.livenessProbe.httpGet, { path: '/livez', port: 'admin' })
  t.deepEqual(container.readinessProbe.httpGet, { path: '/readyz', port: 'admin' })
  t.deepEqual(template.metadata.annotations, {
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': String(ports.admin),
    'prometheus.io/path': '/metrics'
  })
})

test('a pod has the time to drain and to finish before it is killed', (t) => {
  const { drain, shutdown } = config.timeouts
  t.true(drain >= 5000)
  t.true(template.spec.terminationGracePeriodSeconds * 1000 > drain + shutdown)
})

test('an update never takes a pod away before its successor is ready', (t) => {
  t.deepEqual(deployment.spec.strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 })
})

test('the autoscaler alone sets the number of pods, by CPU', (t) => {
  const { scaleTargetRef, minReplicas, maxReplicas, metrics } = manifests.autoscaler.spec
  t.deepEqual(scaleTargetRef, {
    apiVersion: deployment.apiVersion,
    kind: deployment.kind,
    name: deployment.metadata.name
  })
  t.is(deployment.spec.replicas, undefined)
  t.true(maxReplicas > minReplicas)
  t.deepEqual(metrics, [{ resource: { name: 'cpu' } }])
  t.truthy(container.resources.requests.cpu)
})

test('a disruption always leaves a pod', (t) => {
  t.true(manifests.autoscaler.spec.minReplicas > manifests.disruptionBudget.spec.maxUnavailable)
})

test('the Service reaches the routes and not the admin listener', (t) => {
  t.deepEqual(service.spec.ports, [{ name: 'http', port: 80, targetPort: 'http' }])
})

test('the Ingress has every route of the configuration, and sends it to the Service', (t) => {
  const [rule] = ingress.spec.rules
  const paths = rule?.http.paths ?? []
  t.deepEqual(
    paths.map(({ path }) => path),
    config.routes.map((route) => {
      if ('issue' in route) return route.issue
      return 'check' in route ? route.check : undefined
    })
  )
  for (const { pathType, backend } of paths) {
    t.is(pathType, 'Exact')
    t.is(backend.service.name, service.metadata.name)
    t.is(service.spec.ports[0]?.name, backend.service.port.name)
  }
  t.deepEqual(
    ingress.spec.tls.flatMap(({ hosts }) => hosts),
    ingress.spec.rules.map(({ host }) => host)
  )
})

test('the network policy lets callers, metrics, DNS and the remote through, and nothing else', (t) => {
  const { policyTypes, ingress: incoming, egress } = networkPolicy.spec
  t.deepEqual(policyTypes, ['Ingress', 'Egress'])
  t.deepEqual(
    incoming.map((rule) => rule.ports),
    container.ports.map(({ name }) => [{ protocol: 'TCP', port: name }])
  )
  const remotes = config.routes
    .flatMap((route) => ('issue' in route ? [...route.claims] : []))
    .flatMap((source) => (source.from === 'remote' ? new URL(source.url) : []))
    .map(({ port, protocol }) => Number(port || { 'http:': 80, 'https:': 443 }[protocol]))
  t.deepEqual(
    egress.map((rule) => rule.ports),
    [
      [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 }
      ],
      remotes.map((port) => ({ protocol: 'TCP', port }))
    ]
  )
})

test('the pod runs as the user of the image', (t) => {
  const { runAsUser, runAsGroup } = template.spec.securityContext
  t.is(textsOf(image, 'USER').at(-1), `${runAsUser}:${runAsGroup}`)
})

test('the kustomization names the image of the Deployment, in the version of this project', (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  t.deepEqual(
    manifests.kustomization.images.map(({ name, newTag }) => ({ name, newTag })),
    [{ name: container.image, newTag: version }]
  )
})
