/** The content of the image runs as under Docker, Compose and Kubernetes, with production packages alone. */
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import anyTest, { type ExecutionContext, type TestFn } from 'ava'
import { buildImage } from '../helpers/build-image.ts'
import { startCollector } from '../helpers/collector.ts'
import { fullConfig } from '../helpers/config-texts.ts'
import { writeConfig } from '../helpers/folder.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { post } from '../helpers/http.ts'
import { type RunningProgram, runProgram, urlOf } from '../helpers/program.ts'
import { readCompose } from '../helpers/read-compose.ts'
import { readDockerfile, valuesOf } from '../helpers/read-dockerfile.ts'
import { readManifests } from '../helpers/read-manifests.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const ROOT = join(import.meta.dirname, '../..')
const ENC_KEY = 'Zb4xQ9vLr2Wm7TcEy1Hs8KpUd5NgAj3F'

const test = anyTest as TestFn<{ workdir: string; folder: string }>

test.before(async (t) => {
  t.context = await buildImage()
})
test.after.always((t) => rm(t.context.folder, { recursive: true, force: true }))

/** Lets the program read files, and neither write any nor start other programs, as a read-only container does. */
const READ_ONLY = [
  process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission',
  '--allow-fs-read=*',
  ...(process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : [])
]

/** Runs a command of the image. */
function runImage(
  t: ExecutionContext<{ workdir: string }>,
  args: string[],
  env: Record<string, string>
): RunningProgram {
  const cwd = t.context.workdir
  return runProgram(t, { main: 'dist/main.js', nodeArguments: READ_ONLY, args, env, cwd })
}

/** A configuration on loopback and on other ports, so that tests do not collide with other programs. */
function relocate(config: string, replacements: Record<string, string>): string {
  return Object.entries({ ...replacements, "'::'": '127.0.0.1' }).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`expected ${from} in the configuration`)
    return text.replaceAll(from, to)
  }, config)
}

test('the services of the Compose file issue and check a token, are healthy, and stop on SIGTERM', async (t) => {
  const { txtoken, 'demo-login-api': demo } = readCompose().services
  const [port, adminPort, demoPort] = (await freePorts(3)).map(String) as [string, string, string]
  const config = await readFile(join(ROOT, txtoken.volumes[0].source), 'utf8')
  const file = await writeConfig(
    t,
    relocate(config, {
      8888: port,
      9090: adminPort,
      'demo-login-api:8889': `127.0.0.1:${demoPort}`
    })
  )
  const demoArguments = demo.command.map((one) => (one === '8889' ? demoPort : one))

  const remote = runImage(t, demoArguments, { ENC_KEY })
  const service = runImage(t, ['serve'], { CFG_FILE: file, ENC_KEY })
  await Promise.all([remote.saying('demo login API on'), service.saying('"listening"')])

  const issued = await fetch(`http://127.0.0.1:${port}/getToken`, {
    method: 'POST',
    body: '{"email":"ada@example.com","password":"12345"}'
  })
  t.is(issued.status, 200)
  const checked = await fetch(`http://127.0.0.1:${port}/checkToken`, {
    method: 'POST',
    body: await issued.text(),
    headers: { 'Content-Type': 'application/json' }
  })
  t.is(checked.status, 200)

  const [, , ...healthcheck] = txtoken.healthcheck.test
  t.deepEqual(healthcheck.shift(), 'dist/main.js')
  const healthy = await runImage(t, healthcheck, { CFG_FILE: file, ENC_KEY }).exit()
  t.is(healthy.code, 0, healthy.stderr)

  for (const program of [service, remote]) {
    program.process.kill('SIGTERM')
    t.is((await program.exit()).code, 0)
  }
  const unhealthy = await runImage(t, healthcheck, { CFG_FILE: file, ENC_KEY }).exit()
  t.is(unhealthy.code, 1)
})

test('the health check of the demo login API reports whether it answers', async (t) => {
  const { command, healthcheck } = readCompose().services['demo-login-api']
  const [port] = (await freePorts(1)).map(String) as [string]
  const [, , flag, script] = healthcheck.test
  t.is(flag, '--eval')
  const check = () =>
    runProgram(t, { nodeArguments: ['--eval', script?.replace('8889', port) ?? ''], main: '--' })

  t.is((await check().exit()).code, 1)
  const remote = runImage(
    t,
    command.map((one) => (one === '8889' ? port : one)),
    { ENC_KEY }
  )
  await remote.saying('demo login API on')
  t.is((await check().exit()).code, 0)
})

test('with the configuration of the ConfigMap, the probes of the Deployment get their answers', async (t) => {
  const { configMap, deployment } = readManifests()
  const [container] = deployment.spec.template.spec.containers
  const [port, adminPort] = (await freePorts(2)).map(String) as [string, string]
  const file = await writeConfig(
    t,
    relocate(configMap.data['txtoken.yml'] ?? '', {
      8888: port,
      9090: adminPort,
      'drain: 10s': 'drain: 0s'
    })
  )
  const service = runImage(t, ['serve'], { CFG_FILE: file, ENC_KEY })
  await service.saying('"listening"')

  const metrics = deployment.spec.template.metadata.annotations['prometheus.io/path']
  const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe]
  for (const path of [...probes.map(({ httpGet }) => httpGet.path), metrics]) {
    t.is((await fetch(`http://127.0.0.1:${adminPort}${path}`)).status, 200, path)
    t.is((await fetch(`http://127.0.0.1:${port}${path}`)).status, 404, path)
  }
})

test('without a configuration the image reports what is missing', async (t) => {
  const CFG_FILE = join(t.context.folder, 'config/txtoken.yml')
  const { code, stderr } = await runImage(t, ['serve'], { CFG_FILE, ENC_KEY }).exit()
  t.is(code, 1)
  t.regex(stderr, /cannot read the file \(no such file\)/)
})

test('the demo needs no further arguments, and is reachable from outside of its container', async (t) => {
  const { DEMO_HOST = '' } = valuesOf(readDockerfile().image, 'ENV')
  const [port, demoPort] = (await freePorts(2)).map(String) as [string, string]
  const demo = runImage(t, ['demo'], { DEMO_HOST, PORT: port, DEMO_PORT: demoPort })
  await demo.saying(`"host":"::","port":${port}`)
  const issued = await fetch(`http://127.0.0.1:${port}/getToken`, {
    method: 'POST',
    body: '{"email":"ada@example.com","password":"12345"}'
  })
  t.is(issued.status, 200)
})

test('its packages are the ones outside of the bundle, for tracing and the file store', async (t) => {
  const packages = join(t.context.workdir, 'node_modules')
  const names = await readdir(packages)
  for (const name of ['koa', 'undici', 'zod', 'typescript']) t.false(names.includes(name), name)
  const files = (await readdir(packages, { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile()
  )
  const sizes = await Promise.all(files.map((one) => stat(join(one.parentPath, one.name))))
  const bytes = sizes.reduce((sum, { size }) => sum + size, 0)
  t.log(`${names.length} names, ${(bytes / 1e6).toFixed(1)} MB`)
  t.true(bytes < 16e6, `${bytes}`)

  const collector = await startCollector(t)
  const remote = await startRemote(t, replying('{"id":1}'))
  const more = {
    listen: { main: { host: '127.0.0.1', port: 0 } },
    revocation: { store: `file:${join(await createTemporaryFolder(t), 'revoked')}` }
  }
  const service = runProgram(t, {
    main: 'dist/main.js',
    args: ['serve', '--config', await writeConfig(t, fullConfig(remote.url, { more }))],
    env: { ENC_KEY, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    cwd: t.context.workdir
  })
  t.is((await post(`${await urlOf(service)}/getToken`, '{}')).status, 200)
  service.process.kill('SIGTERM')
  t.like(await service.exit(), { code: 0, stderr: '' })
  t.true(collector.spans.some(({ name }) => name === 'POST /getToken'))
})
