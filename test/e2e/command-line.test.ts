/** The built program on the command line: tokens that a running service accepts, pipes, exit codes. */
import { type ExecFileException, execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { flatConfig } from '../helpers/config-texts.ts'
import { writeConfig } from '../helpers/folder.ts'
import { send } from '../helpers/http.ts'
import { runProgram, runService } from '../helpers/program.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const execute = promisify(execFile)
const MAIN = join(import.meta.dirname, '../../dist/main.js')

test('a token made by tokens create passes a service that has the public key', async (t) => {
  const cwd = await createTemporaryFolder(t)
  const run = (...args: string[]) => runProgram(t, { args, cwd }).exit()
  t.deepEqual(await run('tokens', 'init'), {
    code: 0,
    stdout: '',
    stderr: 'wrote .auth/id_rsa\nwrote .auth/id_rsa.pub\nwrote .auth/system.token\n'
  })
  const created = await run('tokens', 'create', 'ada', 'analysts', '--claim', 'source=test')
  t.is(created.code, 0)
  const service = await runService(
    t,
    `listen: { main: { host: 127.0.0.1, port: 0 } }
keys: [ { alg: RS512, public: { file: ${join(cwd, '.auth/id_rsa.pub')} } } ]
routes: [ { check: /check, verify: [ { keys: all } ] } ]
`
  )
  for (const name of ['ada', 'system']) {
    const token = (await run('tokens', 'show', name)).stdout.trim()
    const headers = { authorization: `Bearer ${token}` }
    const { status, text } = await send(`${service.url}/check`, { headers })
    t.is(status, 200)
    const { Claims } = JSON.parse(text)
    t.like(
      Claims,
      name === 'ada'
        ? { sub: 'ada', groups: ['analysts'], source: 'test' }
        : { sub: 'okera', groups: ['root'] }
    )
  }
  await run('tokens', 'init', '--dir', 'other')
  const foreign = (await run('tokens', 'show', 'system', '--dir', 'other')).stdout.trim()
  const rejected = await send(`${service.url}/check`, {
    headers: { authorization: `Bearer ${foreign}` }
  })
  t.is(rejected.status, 401)
})

test('serve takes its configuration from --config, which wins over CFG_FILE', async (t) => {
  const file = await writeConfig(t, flatConfig('http://127.0.0.1:1/', { port: 0 }))
  for (const args of [
    ['serve', '--config', file],
    ['-c', file]
  ]) {
    const program = runProgram(t, { args, env: { ENC_KEY, CFG_FILE: '/no/such/file' } })
    await program.saying('"listening"')
    program.process.kill('SIGTERM')
    t.is((await program.exit()).code, 0)
  }
})

test('demo prints two commands to try it out, whatever CFG_FILE is', async (t) => {
  const env = { PORT: '0', DEMO_PORT: '0', CFG_FILE: '/no/such/file' }
  const program = runProgram(t, { args: ['demo'], env })
  await program.saying('Check it:')
  program.process.kill('SIGTERM')
  t.is((await program.exit()).code, 0)
})

test('commands pass tokens and keys on through pipes', async (t) => {
  const cwd = await createTemporaryFolder(t)
  const sh = (line: string) =>
    execute('sh', ['-c', line.replaceAll('txtoken', `node ${MAIN}`)], { cwd })
  await sh('txtoken keys generate --alg ES256 --format jwk > key.json')
  const { stdout } = await sh(
    'txtoken keys convert --to pem < key.json > key.pem && txtoken keys convert --public --to jwks key.pem'
  )
  t.like(JSON.parse(stdout), { keys: [{ kty: 'EC', alg: 'ES256' }] })
  await sh('txtoken tokens init && txtoken tokens create ada')
  const verified = await sh(
    'txtoken tokens show ada | txtoken token verify --key .auth/id_rsa.pub --alg RS512 --json'
  )
  t.like(JSON.parse(verified.stdout), { valid: true, claims: { sub: 'ada' } })
  const decoded = await sh('txtoken token decode --json < .auth/ada.token')
  t.is(decoded.stderr, 'not verified: anyone could have written this token\n')
})

test('a failed write to standard output is reported', async (t) => {
  const line = `node ${MAIN} schema > /dev/full`
  const { code, stderr } = await t.throwsAsync<ExecFileException>(execute('sh', ['-c', line]))
  t.is(code, 1)
  t.is(stderr, 'txtoken: cannot write to standard output (ENOSPC)\n')
})

test('a command that waits for input reports it at a terminal, and not in a pipe', async (t) => {
  const shown = await execute('sh', [
    '-c',
    `(sleep 1; printf '\\004') | script -qec 'node ${MAIN} token decode' /dev/null || true`
  ])
  t.regex(shown.stdout, /reading standard input, to its end \(Ctrl-D\)/)
  const piped = await execute('sh', ['-c', `node ${MAIN} token decode 2>&1 < /dev/null || true`])
  t.is(piped.stdout, 'txtoken token decode: found nothing on standard input, expected a token\n')
})

test('a reader that stops after the first line causes no error', async (t) => {
  const { stdout, stderr } = await execute('sh', ['-c', `node ${MAIN} schema | head -n 1`])
  t.deepEqual({ stdout, stderr }, { stdout: '{\n', stderr: '' })
})
