import test from 'ava'
import { createAuthority } from '../helpers/certificates.ts'
import { flatConfig, fullConfig } from '../helpers/config-texts.ts'
import { post, send } from '../helpers/http.ts'
import { refusingUrl, replying, startRemote } from '../helpers/remote.ts'
import { type LogLine, startService } from '../helpers/service.ts'
import { LASTING, makeToken } from '../helpers/tokens.ts'

/** A line without the fields that differ from run to run, which are checked to exist. */
function stable({ time, durationMs, remoteMs, requestId, ...line }: LogLine): LogLine {
  return line
}

test('a successful request has one line, with all documented fields', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: flatConfig(remote.url) })
  const answer = await post(`${service.url}/getToken`, '{}')
  const [line, ...more] = await service.requestLines(1)
  t.deepEqual(stable(line ?? {}), {
    level: 'info',
    method: 'POST',
    route: '/getToken',
    status: 200,
    msg: 'request'
  })
  t.is(line?.requestId, answer.headers['x-request-id'])
  t.true(Number(line?.remoteMs) > 0)
  t.true(Number(line?.durationMs) >= Number(line?.remoteMs))
  t.deepEqual(more, [])
})

test('each request has one line, without a remote duration where no remote was called', async (t) => {
  const service = await startService(t, { config: flatConfig('http://127.0.0.1:1/') })
  await send(`${service.url}/checkToken`, { headers: { authorization: makeToken(LASTING) } })
  await send(`${service.url}/nothing?a=b`, { method: 'PUT' })
  const lines = await service.requestLines(2)
  t.is(service.log.length, 2)
  t.true(lines.every((line) => typeof line.durationMs === 'number' && !('remoteMs' in line)))
  t.deepEqual(lines.map(stable), [
    { level: 'info', method: 'GET', route: '/checkToken', status: 200, msg: 'request' },
    {
      level: 'info',
      method: 'PUT',
      route: 'none',
      status: 404,
      code: 'not_found',
      error: 'No such route.',
      msg: 'request'
    }
  ])
})

test('a rejected token is logged with its reason', async (t) => {
  const service = await startService(t, { config: flatConfig('http://127.0.0.1:1/') })
  const authorization = makeToken('{"exp":1}')
  await send(`${service.url}/checkToken`, { headers: { authorization } })
  const [line = {}] = await service.requestLines(1)
  const { token, ...rest } = stable(line)
  t.like(token, { verified: true, alg: 'HS256' })
  t.deepEqual(rest, {
    level: 'info',
    method: 'GET',
    route: '/checkToken',
    status: 401,
    code: 'invalid_token',
    reason: 'expired',
    error: 'Token is expired',
    msg: 'request'
  })
})

for (const [status, level] of [
  [401, 'info'],
  [302, 'error'],
  [404, 'info'],
  [405, 'error'],
  [429, 'info'],
  [500, 'error'],
  [503, 'error']
] as const) {
  test(`a ${status} of the remote is logged at level ${level}`, async (t) => {
    const remote = await startRemote(t, replying('{}', status))
    const service = await startService(t, { config: flatConfig(remote.url) })
    await post(`${service.url}/getToken`, '{}')
    const [line] = await service.requestLines(1)
    t.like(line, { level, status: 500, code: 'remote_status', remoteStatus: status })
  })
}

test('a failure of the remote is an error, with its cause, and with a stack at level debug alone', async (t) => {
  const url = await refusingUrl(t)
  for (const debug of [false, true]) {
    const service = await startService(t, { config: flatConfig(url, { debug }) })
    await post(`${service.url}/getToken`, '{}')
    const [line] = await service.requestLines(1)
    t.like(line, {
      level: 'error',
      status: 500,
      remote: new URL(url).host,
      code: 'remote_failed',
      error: 'connection refused',
      cause: { name: 'Error', code: 'ECONNREFUSED' }
    })
    const cause = line?.cause as { message: string; stack?: string } | undefined
    t.true(cause?.message.includes(new URL(url).host))
    t.is(cause?.stack !== undefined, debug)
  }
})

test('https:// for a port without TLS is reported in the log, and so may be the reverse', async (t) => {
  const plain = await startRemote(t, replying('{}'))
  const secure = await startRemote(t, replying('{}'), createAuthority().issue())
  const messageFor = async (url: string) => {
    const service = await startService(t, { config: flatConfig(url) })
    await post(`${service.url}/getToken`, '{}')
    const [line] = await service.requestLines(1)
    return (line?.cause as { message: string } | undefined)?.message
  }
  t.is(
    await messageFor(plain.url.replace('http:', 'https:')),
    'the server does not use TLS on this port: expected http:// in the URL, or another port'
  )
  t.is(
    await messageFor(secure.url.replace('https:', 'http:')),
    'other side closed; if the server uses TLS on this port, the URL has to begin with https://'
  )
})

test('an unexpected error is a plain 500, and its message is in the log alone', async (t) => {
  let isBroken = false
  const now = () => {
    if (isBroken) throw new RangeError('the clock at 10.0.0.1 is broken')
    return Date.now()
  }
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: flatConfig(remote.url), now })
  isBroken = true
  const authorization = makeToken(LASTING)
  const checked = await send(`${service.url}/checkToken`, { headers: { authorization } })
  const issued = await post(`${service.url}/getToken`, '{}')
  isBroken = false
  t.is(checked.text, '{"error":"Internal error."}')
  t.is(issued.text, '{"message":"Internal error."}')
  for (const [index, answer] of [checked, issued].entries()) {
    t.is(answer.status, 500)
    const line = (await service.requestLines(2))[index]
    t.like(line, {
      level: 'error',
      code: 'internal',
      cause: { name: 'RangeError', message: 'the clock at 10.0.0.1 is broken' }
    })
  }
})

test('probes and scrapes have a line at level debug alone', async (t) => {
  for (const [level, count] of [
    ['info', 0],
    ['debug', 4]
  ] as const) {
    const config = fullConfig('http://127.0.0.1:1/', { more: { log: { level } } })
    const service = await startService(t, { config })
    for (const path of ['/livez', '/readyz', '/healthz', '/metrics']) await send(service.url + path)
    if (count > 0) await service.requestLines(count)
    t.is(service.log.length, count)
    t.true(service.log.every((line) => line.level === 'debug'))
  }
})

test('a probe that fails has a line at level error', async (t) => {
  let questions = 0
  const isReady = () => {
    if (++questions === 1) throw new Error('nobody knows')
    return true
  }
  const service = await startService(t, { config: flatConfig('http://127.0.0.1:1/'), isReady })
  t.is((await send(`${service.url}/readyz`)).status, 500)
  const [line] = await service.requestLines(1)
  t.like(line, { level: 'error', route: '/readyz', code: 'internal' })
})

test('with log.requests off, only failures have a line', async (t) => {
  const remote = await startRemote(t, (response, { body }) =>
    response.writeHead(Number(body)).end('{}')
  )
  const config = fullConfig(remote.url, { more: { log: { requests: false } } })
  const service = await startService(t, { config })
  for (const status of ['200', '401', '500']) await post(`${service.url}/getToken`, status)
  await service.requestLines(1)
  t.deepEqual(
    service.log.map(({ remoteStatus }) => remoteStatus),
    [500]
  )
})

test('a token over 8 KiB is issued with a warning', async (t) => {
  const remote = await startRemote(t, replying(`"${'x'.repeat(8000)}"`))
  const service = await startService(t, { config: flatConfig(remote.url) })
  const answer = await post(`${service.url}/getToken`, '{}')
  const { length } = JSON.parse(answer.text).token
  t.like(service.log[0], { level: 'warn', msg: 'token over 8 KiB', route: '/getToken', length })
})
