/** The standalone binary, built anew and run without Node.js and the package beside it. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { startCollector } from '../helpers/collector.ts'
import { flatConfig, fullConfig } from '../helpers/config-texts.ts'
import { writeConfig } from '../helpers/folder.ts'
import { post, send } from '../helpers/http.ts'
import { runProgram, urlOf } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const execute = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const BUILT = join(ROOT, `build/txtoken-linux-${process.arch}`)

test.before('the binary is built', async (t) => {
  t.timeout(300_000, 'Node.js is fetched from the npm registry')
  const script = join(ROOT, 'scripts/build-binary.ts')
  await execute(process.execPath, ['--import=tsx', script, process.arch], { cwd: ROOT })
})

/** Runs it in an empty folder, with nothing on its PATH. */
async function run(t: ExecutionContext, args: string[], env: Record<string, string> = {}) {
  const cwd = await createTemporaryFolder(t)
  return runProgram(t, { binary: BUILT, args, env: { PATH: '', ...env }, cwd })
}

test('it prints its version, its help and its schema', async (t) => {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  t.deepEqual(await (await run(t, ['--version'])).exit(), {
    code: 0,
    stdout: `${version}\n`,
    stderr: ''
  })
  t.regex((await (await run(t, ['tokens', '--help'])).exit()).stdout, /tokens create/)
  const schema = await (await run(t, ['schema'])).exit()
  t.is(schema.stdout, await readFile(join(ROOT, 'config.schema.json'), 'utf8'))
  t.like(await (await run(t, ['serv'])).exit(), { code: 2, stdout: '' })
})

test('it issues tokens and checks them, and its healthcheck passes', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const file = await writeConfig(t, flatConfig(remote.url, { port: 0 }))
  const service = await run(t, ['serve', '--config', file], { ENC_KEY })
  const url = await urlOf(service)
  const issued = await post(`${url}/getToken`, '{"email":"a"}')
  t.is(issued.status, 200)
  const checked = await post(`${url}/checkToken`, issued.text)
  t.is(checked.status, 200)
  t.like(JSON.parse(checked.text).Claims.data, { id: 1 })
  t.is((await send(`${url}/metrics`)).status, 200)

  const { port } = new URL(url)
  const CFG_FILE = await writeConfig(t, flatConfig(remote.url, { port }))
  t.deepEqual(await (await run(t, ['healthcheck'], { ENC_KEY, CFG_FILE })).exit(), {
    code: 0,
    stdout: '',
    stderr: ''
  })
  service.process.kill('SIGTERM')
  t.like(await service.exit(), { code: 0, stderr: '' })
  t.is((await (await run(t, ['healthcheck'], { ENC_KEY, CFG_FILE })).exit()).code, 1)
})

test('it runs several workers', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const listen = { main: { host: '127.0.0.1', port: 0 } }
  const config = fullConfig(remote.url, { more: { workers: 2, revocation: {}, listen } })
  const service = await run(t, ['serve', '-c', await writeConfig(t, config)], { ENC_KEY })
  const url = await urlOf(service)
  for (let count = 0; count < 4; count++) {
    t.is((await post(`${url}/getToken`, '{"email":"a"}')).status, 200)
  }
  service.process.kill('SIGTERM')
  const { code, stdout, stderr } = await service.exit()
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  for (const worker of [1, 2]) t.true(stdout.includes(`"worker":${worker},"requestId"`), stdout)
})

test('it has the page that describes its routes, and the libraries of tracing', async (t) => {
  const collector = await startCollector(t)
  const remote = await startRemote(t, replying('{"id":1}'))
  const listen = { main: { host: '127.0.0.1', port: 0 } }
  const file = await writeConfig(t, fullConfig(remote.url, { more: { docs: true, listen } }))
  const service = await run(t, ['serve', '--config', file], {
    ENC_KEY,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url
  })
  const url = await urlOf(service)
  for (const path of ['/openapi.json', '/docs', '/docs/swagger-ui-bundle.js']) {
    t.is((await send(url + path)).status, 200, path)
  }
  t.is((await post(`${url}/getToken`, '{}')).status, 200)
  service.process.kill('SIGTERM')
  t.like(await service.exit(), { code: 0, stderr: '' })
  t.true(collector.spans.some(({ name }) => name === 'POST /getToken'))
})

test('it makes keys and tokens, verifies them, and includes the demo', async (t) => {
  const cwd = await createTemporaryFolder(t)
  const call = (...args: string[]) => runProgram(t, { binary: BUILT, args, cwd }).exit()
  t.is((await call('tokens', 'init', '--alg', 'EdDSA')).code, 0)
  const { stdout: token } = await call('tokens', 'create', 'ada')
  t.is((await call('token', 'verify', '--key', '.auth/id_rsa.pub', token.trim())).code, 0)

  const demo = await run(t, ['demo'], { PORT: '0', DEMO_PORT: '0' })
  await demo.saying('Check it:')
  demo.process.kill('SIGTERM')
  t.is((await demo.exit()).code, 0)
})

test('the file store is rejected with an error that names the missing library', async (t) => {
  const file = await writeConfig(
    t,
    JSON.stringify({
      keys: [{ alg: 'HS256', secret: ENC_KEY }],
      revocation: { store: 'file:revoked' },
      routes: [{ check: '/checkToken', verify: [{ keys: 'all' }] }]
    })
  )
  // Where it is built, the packages of the project lie beside it.
  const folder = await createTemporaryFolder(t)
  const binary = join(folder, 'txtoken')
  // By another process: a child that starts here meanwhile would have it open for writing, and then it cannot be run (ETXTBSY).
  await execute('cp', [BUILT, binary])
  const program = runProgram(t, { binary, args: ['serve', '--config', file], cwd: folder })
  const { code, stdout, stderr } = await program.exit()
  t.deepEqual({ code, stdout }, { code: 1, stdout: '' })
  t.regex(stderr, /expected classic-level in node_modules beside the standalone program/)
})
