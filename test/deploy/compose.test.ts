/** The Compose file agrees with the image and with the configuration that it mounts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { loadConfig } from '../../src/config/load.ts'
import { parseDuration } from '../../src/settings/units.ts'
import { readPage } from '../helpers/documentation.ts'
import { readCompose } from '../helpers/read-compose.ts'
import { readDockerfile, textsOf, valuesOf } from '../helpers/read-dockerfile.ts'
import { readManifests } from '../helpers/read-manifests.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const ROOT = join(import.meta.dirname, '../..')

const { services } = readCompose()
const { txtoken, 'demo-login-api': demo } = services
const { image } = readDockerfile()
const [mount] = txtoken.volumes
const { config } = loadConfig({
  file: join(ROOT, mount.source),
  env: { ENC_KEY }
})

test('the configuration is mounted where the image looks for it, to be read only', (t) => {
  t.is(valuesOf(image, 'ENV').CFG_FILE, mount.target)
  t.true(mount.read_only)
  t.false(mount.bind.create_host_path)
})

test('a key is required: with a default, anyone could sign tokens', (t) => {
  t.regex(txtoken.environment.ENC_KEY, /^\$\{ENC_KEY:\?/)
})

test('both services have the same key, so that the demo login API knows the service bearer', (t) => {
  t.deepEqual(demo.environment, txtoken.environment)
})

test('both listeners are published on loopback alone, on their own ports', (t) => {
  const listening = [config.listen.main, config.listen.admin]
  t.deepEqual(
    txtoken.ports,
    listening.map((listener) => `127.0.0.1:${listener?.port}:${listener?.port}`)
  )
  for (const listener of listening) t.is(listener?.host, '::')
  t.is(textsOf(image, 'EXPOSE').join(' '), listening.map((one) => one?.port).join(' '))
})

test('the remote of the configuration is the demo login API', (t) => {
  const remotes = config.routes.flatMap((route) => ('issue' in route ? [...route.claims] : []))
  t.deepEqual(
    remotes.map((source) => (source.from === 'remote' ? source.url : undefined)),
    [`http://demo-login-api:${demo.expose[0]}/login`]
  )
  t.deepEqual(demo.command, ['demo-login-api', '--host', '::', '--port', demo.expose[0]])
  t.is(demo.ports, undefined)
})

test('txtoken starts once the demo login API is healthy', (t) => {
  t.deepEqual(txtoken.depends_on, { 'demo-login-api': { condition: 'service_healthy' } })
})

test('the service uses the health check of the image', (t) => {
  const [, ...command] = txtoken.healthcheck.test
  t.true(
    textsOf(image, 'HEALTHCHECK')[0]?.endsWith(
      `CMD ${JSON.stringify(command).replaceAll(',', ', ')}`
    )
  )
})

for (const [name, service] of Object.entries(services)) {
  test(`${name} can write nowhere but into a small temporary folder, and gain nothing`, (t) => {
    t.true(service.read_only)
    t.deepEqual(service.cap_drop, ['ALL'])
    t.deepEqual(service.security_opt, ['no-new-privileges:true'])
    t.regex(service.tmpfs[0] ?? '', /^\/tmp:size=16m,mode=1777,noexec,nosuid,nodev$/)
    t.is(service.user, undefined, 'the image has a user of its own')
    t.is(service.entrypoint, undefined, 'the image has an entry point of its own')
  })

  test(`${name} is the image of this project and version`, (t) => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    t.is(service.image, `txtoken:${version}`)
    t.is(service.build, '.')
  })

  test(`${name} has the memory that the manifests give, and that docs/sizing.md fits the heap to`, (t) => {
    const { limits } = readManifests().deployment.spec.template.spec.containers[0].resources
    t.is(`${service.mem_limit}`, limits.memory.replace('Mi', 'm'))
    const size = limits.memory.replace('Mi', ' MiB')
    for (const page of ['docs/sizing.md', 'docs/runbook.md', 'docs/deploy.md']) {
      t.true(readPage(page).includes(`the ${size} of`), `${page}: ${size}`)
    }
    t.true(readPage('README.md').includes(`--memory ${service.mem_limit}`))
    t.true(readPage('docs/sizing.md').includes(valuesOf(image, 'ENV').NODE_OPTIONS ?? '-'))
  })

  test(`${name} has the time to finish before it is killed`, (t) => {
    const { drain, shutdown } = config.timeouts
    t.true(parseDuration(service.stop_grace_period) > drain + shutdown)
  })
}
