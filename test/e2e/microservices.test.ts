/** The example of two services, as processes: txtoken, the login API, M1 and M2. @needs curl */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { findCode } from '../helpers/documentation.ts'
import { settled } from '../helpers/eventually.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { post, send } from '../helpers/http.ts'
import { type RunningProgram, runProgram, urlOf } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { makeToken } from '../helpers/tokens.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const EXAMPLE = join(ROOT, 'examples/microservices')
const M1_API_KEY = 'api-key-of-m1-with-20-characters-or-more'

type Environment = Record<string, string>

/** Starts a program of the example on a port that the system chooses. */
async function startPart(t: ExecutionContext, name: string, env: Environment) {
  const program = runProgram(t, { main: join(EXAMPLE, `${name}.js`), env: { PORT: '0', ...env } })
  await program.saying(`${name}: listening on `)
  const [, port] = /listening on (\d+)/.exec(program.output().stdout) ?? []
  return { ...program, url: `http://127.0.0.1:${port}` }
}

async function startTxtoken(
  t: ExecutionContext,
  env: Environment = {}
): Promise<RunningProgram & { ISSUER: string }> {
  const [port] = await freePorts(1)
  const ISSUER = `http://127.0.0.1:${port}`
  const program = runProgram(t, {
    env: {
      CFG_FILE: join(EXAMPLE, 'txtoken.yml'),
      KEYS_DIR: await createTemporaryFolder(t),
      PORT: String(port),
      ISSUER,
      M1_API_KEY,
      ...env
    }
  })
  await urlOf(program)
  return { ...program, ISSUER }
}

function call(url: string, token: string) {
  return send(url, { headers: { authorization: `Bearer ${token}` } })
}

test('M1 calls M2 with a token that it fetched at its start', async (t) => {
  const { ISSUER } = await startTxtoken(t)
  const m2 = await startPart(t, 'm2', { ISSUER })
  const m1 = await startPart(t, 'm1', { ISSUER, M1_API_KEY, M2_URL: m2.url })
  const { status, text } = await send(`${m1.url}/orders`)
  t.is(status, 200)
  t.deepEqual(JSON.parse(text), { order: 1, stock: { items: 3, caller: 'm1' } })
})

test('M2 rejects a request without a token, and the token of a user of the same issuer', async (t) => {
  const loginApi = await startPart(t, 'login-api', {})
  const { ISSUER } = await startTxtoken(t, { REMOTE: `${loginApi.url}/login` })
  const m2 = await startPart(t, 'm2', { ISSUER })
  const anonymous = await send(`${m2.url}/stock`)
  t.is(anonymous.status, 401)
  t.is(anonymous.headers['www-authenticate'], 'Bearer')

  const { token } = JSON.parse((await post(`${ISSUER}/login`, '{"name":"Ada"}')).text)
  const user = await call(`${m2.url}/stock`, token)
  t.is(user.status, 403)
  t.regex(user.headers['www-authenticate'] ?? '', /error="insufficient_scope"/)
})

test('a login API cannot turn its user into a microservice', async (t) => {
  const remote = await startRemote(t, replying('{"source":"microservice","sub":"m1"}'))
  const { ISSUER } = await startTxtoken(t, { REMOTE: remote.url })
  const m2 = await startPart(t, 'm2', { ISSUER })
  const { token } = JSON.parse((await post(`${ISSUER}/login`, '{"source":"microservice"}')).text)
  t.is((await call(`${m2.url}/stock`, token)).status, 403)
})

test('the token of a microservice requires its API key', async (t) => {
  const { ISSUER } = await startTxtoken(t)
  t.is((await post(`${ISSUER}/service-token`, '{}')).status, 401)
  const program = runProgram(t, {
    main: join(EXAMPLE, 'm1.js'),
    env: { PORT: '0', ISSUER, M1_API_KEY: 'an-api-key-of-somebody-else' }
  })
  const { code, stdout, stderr } = await program.exit()
  t.not(code, 0)
  t.is(stdout, '')
  t.regex(stderr, /found the status 401, expected 200/)
  t.false(stderr.includes('an-api-key-of-somebody-else'))
})

test('M2 answers 503 while it has no keys', async (t) => {
  const [port] = await freePorts(1)
  const ISSUER = `http://127.0.0.1:${port}`
  const m2 = await startPart(t, 'm2', { ISSUER })
  await m2.saying(`m2: ${ISSUER}/.well-known/jwks.json: connect ECONNREFUSED`)
  const token = makeToken('{}', { header: '{"alg":"ES256"}' })
  t.is((await call(`${m2.url}/stock`, token)).status, 503)
})

test('the commands on the page start all of it, M1 once there is a token for it', async (t) => {
  const [issuer, loginApi, m2, m1] = await freePorts(4)
  const ISSUER = `http://127.0.0.1:${issuer}`
  const env: Environment = {
    'dist/main.js': `PORT=${issuer} ISSUER=${ISSUER}`,
    'examples/microservices/login-api.js': `PORT=${loginApi}`,
    'examples/microservices/m2.js': `PORT=${m2} ISSUER=${ISSUER}`,
    'examples/microservices/m1.js': `PORT=${m1} ISSUER=${ISSUER} M2_URL=http://127.0.0.1:${m2}`
  }
  const [start = ''] = findCode('examples/microservices/README.md', 'Start it', 'sh')
  const here = start
    .replaceAll('http://127.0.0.1:8888', ISSUER)
    .replaceAll(/node (\S+)/g, (program, file) => `env ${env[file]} ${program}`)
  // The shell is the leader of a group, so that all that it has started ends with it.
  const shell = spawn('bash', ['-c', `${here}\nwait $!`], { cwd: ROOT, detached: true })
  const ended = once(shell, 'exit')
  t.teardown(async () => {
    process.kill(-(shell.pid ?? Number.NaN), 'SIGKILL')
    await ended
  })
  let said = ''
  const listening = new Promise<void>((resolve) => {
    shell.stdout.on('data', (text) => {
      said += text
      if (said.includes('m1: listening') && said.includes('m2: listening')) resolve()
    })
  })
  // The shell waits for M1, so it ends where M1 does.
  await settled(Promise.race([listening, ended]), () => `M1 and M2 listen, after ${said}`)
  const { status, text } = await send(`http://127.0.0.1:${m1}/orders`)
  t.is(status, 200, text)
})

test('the calls on the page of the example print what is shown there', async (t) => {
  const loginApi = await startPart(t, 'login-api', {})
  const { ISSUER } = await startTxtoken(t, { REMOTE: `${loginApi.url}/login` })
  const m2 = await startPart(t, 'm2', { ISSUER })
  const m1 = await startPart(t, 'm1', { ISSUER, M1_API_KEY, M2_URL: m2.url })
  const page = 'examples/microservices/README.md'
  const commands = findCode(page, 'Try it', 'sh')
  const outputs = findCode(page, 'Try it', 'text')
  t.is(commands.length, 4)
  for (const [index, command] of commands.entries()) {
    const here = command
      .replaceAll('http://127.0.0.1:8888', ISSUER)
      .replaceAll('http://127.0.0.1:8891', m1.url)
      .replaceAll('http://127.0.0.1:8892', m2.url)
    const { stdout } = await run('sh', ['-c', here])
    t.is(stdout.trimEnd(), outputs[index] ?? '', command)
  }
})
