/** The built program as its operator runs it: a configuration in, tokens and a log out. @needs curl */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import test from 'ava'
import { flatConfig, fullConfig } from '../helpers/config-texts.ts'
import { post, send } from '../helpers/http.ts'
import { type RunningProgram, runService, urlOf } from '../helpers/program.ts'
import { refusingUrl, replying, startRemote } from '../helpers/remote.ts'
import { ENC_KEY, readToken } from '../helpers/tokens.ts'

const LOGIN = '{"email":"ada@example.com","password":"12345"}'
const REPLY = '{"id":12345678901234567890,"name":"Ada"}'

type LogLine = Readonly<Record<string, unknown>>

/** The whole log of a program that has ended. */
async function endLog({ process, exit }: RunningProgram): Promise<LogLine[]> {
  process.kill('SIGTERM')
  const { code, stdout, stderr } = await exit()
  if (code !== 0 || stderr !== '') throw new Error(`ended with ${code}: ${stderr}`)
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function requestsIn(log: LogLine[]): LogLine[] {
  return log.filter(({ msg }) => msg === 'request')
}

const forms = {
  flat: (remote: string) => flatConfig(remote, { port: 0 }),
  full: (remote: string) =>
    fullConfig(remote, { more: { listen: { main: { host: '127.0.0.1', port: 0 } } } })
}

for (const [form, config] of Object.entries(forms)) {
  test(`the ${form} form issues tokens and checks them`, async (t) => {
    const remote = await startRemote(t, replying(REPLY))
    const service = await runService(t, config(remote.url), { ENC_KEY })
    const issued = await post(`${service.url}/getToken`, '{"email":"a","password":"b"}')
    t.is(issued.status, 200)
    const { token } = JSON.parse(issued.text) as { token: string }
    t.true(readToken(token).payload.startsWith(`{"data":${REPLY},"iat":`))
    const checked = await post(`${service.url}/checkToken`, issued.text)
    t.is(checked.status, 200)
    t.true(checked.text.includes(`"Claims":{"data":${REPLY},`))
    t.is((await post(`${service.url}/checkToken`, `access_token=${token}x`)).status, 401)

    const bearer = remote.requests[0]?.headers.authorization?.replace('Bearer ', '') ?? ''
    t.true(readToken(bearer).payload.startsWith('{"data":{"authorization":"internal"},'))
    t.is((await post(`${service.url}/checkToken`, `access_token=${bearer}`)).status, 401)

    const log = await endLog(service)
    t.deepEqual(
      requestsIn(log).map(({ level, method, route, status }) => [level, method, route, status]),
      [
        ['info', 'POST', '/getToken', 200],
        ['info', 'POST', '/checkToken', 200],
        ['info', 'POST', '/checkToken', 401],
        ['info', 'POST', '/checkToken', 401]
      ]
    )
    for (const { requestId, durationMs, time } of requestsIn(log)) {
      t.regex(String(requestId), /^[\da-f-]{36}$/)
      t.is(typeof durationMs, 'number')
      t.is(new Date(String(time)).toISOString(), String(time))
    }
    t.is(requestsIn(log)[0]?.requestId, issued.headers['x-request-id'])
    t.is(typeof requestsIn(log)[0]?.remoteMs, 'number')
    t.deepEqual(
      log.filter(({ msg }) => msg !== 'request').map(({ msg }) => msg),
      ['listening', 'stopping', 'stopped']
    )
  })
}

for (const debug of [true, false]) {
  test(`debug: ${debug} ${debug ? 'logs' : 'does not log'} probes`, async (t) => {
    const config = flatConfig('http://127.0.0.1:1/', { port: 0, debug: String(debug) })
    const service = await runService(t, config, { ENC_KEY })
    t.is((await send(`${service.url}/livez`)).status, 200)
    const lines = requestsIn(await endLog(service))
    t.deepEqual(
      lines.map(({ level, route }) => [level, route]),
      debug ? [['debug', '/livez']] : []
    )
  })
}

test('failures of the service are logged as errors, even without request logging', async (t) => {
  const remote = await startRemote(t, replying('{}', 500))
  const config = fullConfig(remote.url, {
    more: { listen: { main: { port: 0 } }, log: { requests: false } }
  })
  const service = await runService(t, config, { ENC_KEY })
  t.is((await post(`${service.url}/getToken`, '{}')).status, 500)
  t.is((await post(`${service.url}/getToken`, 'no JSON')).status, 400)
  t.is((await send(`${service.url}/checkToken`)).status, 401)
  const lines = requestsIn(await endLog(service))
  t.is(lines.length, 1)
  t.like(lines[0], { level: 'error', status: 500, code: 'remote_status', remoteStatus: 500 })
})

test('every answer has its line in the log, up to the last one before the exit', async (t) => {
  const config = flatConfig('http://127.0.0.1:1/', { port: 0, debug: true })
  const service = await runService(t, config, { ENC_KEY })
  const ids = Array.from({ length: 300 }, (_, index) => `request-${index}`)
  await Promise.all(
    ids.map((id) => send(`${service.url}/livez`, { headers: { 'x-request-id': id } }))
  )
  const logged = requestsIn(await endLog(service)).map(({ requestId }) => String(requestId))
  t.deepEqual(logged.toSorted(), ids.toSorted())
})

test('a closed log reader does not stop the service', async (t) => {
  const remote = await startRemote(t, replying(REPLY))
  const service = await runService(t, forms.flat(remote.url), { ENC_KEY })
  service.process.stdout?.destroy()
  for (let count = 0; count < 5; count++) {
    t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
  }
  service.process.kill('SIGTERM')
  const { code, stderr } = await service.exit()
  t.is(code, 0)
  t.is(stderr, '')
})

test('a log that is open but not read does not keep the process from exiting', async (t) => {
  const config = flatConfig(await refusingUrl(t), { port: 0, debug: true })
  const service = await runService(t, config, { ENC_KEY })
  service.process.stdout?.pause()
  // Their lines are far more than a pipe holds.
  for (let round = 0; round < 50; round++) {
    await Promise.all(Array.from({ length: 60 }, () => post(`${service.url}/getToken`, '{}')))
  }
  const ended = once(service.process, 'exit')
  service.process.kill('SIGTERM')
  t.deepEqual(await ended, [0, null])
  service.process.stdout?.resume()
  const { stdout, stderr } = await service.exit()
  t.is(stderr, '')
  t.false(stdout.includes('"stopped"'))
})

test('the documented curl command works as written', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const service = await runService(t, forms.flat(remote.url), { ENC_KEY })
  const { stdout } = await promisify(execFile)('curl', [
    '-sS',
    '-X',
    'POST',
    `${service.url}/getToken`,
    '-d',
    LOGIN
  ])
  t.regex(stdout, /^\{"token":"[\w-]+\.[\w-]+\.[\w-]+"\}$/)
  t.is(remote.requests[0]?.body.toString(), LOGIN)
})

test('each listener with a route is opened, and main is not opened without one', async (t) => {
  const listener = { host: '127.0.0.1', port: 0 }
  const config = JSON.stringify({
    listen: { tokens: listener, claims: listener, health: listener, metrics: listener },
    keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [
      { issue: '/x', on: 'tokens', claims: [{ from: 'fixed', set: { role: 'guest' } }] },
      { claims: '/x', on: 'claims' },
      { health: '/health', on: 'health' },
      { metrics: '/metrics', on: 'metrics' }
    ]
  })
  const program = await runService(t, config, { ENC_KEY })
  for (const name of ['claims', 'health', 'metrics', 'tokens']) {
    t.is((await send(`${await urlOf(program, name)}/nowhere`)).status, 404)
  }
  t.false(program.output().stdout.includes('"listener":"main"'))
})
