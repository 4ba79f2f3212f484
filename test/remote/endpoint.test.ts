import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { createEndpoint, type EndpointOptions } from '../../src/remote/endpoint.ts'
import { createAuthority } from '../helpers/certificates.ts'
import { ended, refusingUrl, replying, startRawRemote, startRemote } from '../helpers/remote.ts'

const root = createAuthority()

function createClient(t: ExecutionContext, options: Partial<EndpointOptions> = {}) {
  const endpoint = createEndpoint({
    timeoutMs: 3_000,
    maxReplyBytes: 10,
    maxCalls: 9,
    userAgent: 'test',
    onOutcome() {},
    ...options
  })
  t.teardown(endpoint.close)
  return (url: string) =>
    endpoint.ask({
      url: new URL(url),
      method: 'POST',
      headers: { authorization: 'Bearer hidden' },
      body: ''
    })
}

async function assertUnavailable(t: ExecutionContext, promise: Promise<unknown>, cause: RegExp) {
  const error = await t.throwsAsync(promise, { name: 'ServiceError', code: 'check_unavailable' })
  t.is(error?.message, 'Token cannot be checked at the moment')
  t.regex((error?.cause as Error | undefined)?.message ?? '', cause)
  t.notRegex(inspect(error, { depth: Number.POSITIVE_INFINITY }), /hidden/)
}

test('a reply is given with its status, whatever that is, and redirects are not followed', async (t) => {
  for (const status of [200, 302, 401, 500]) {
    const remote = await startRemote(t, replying('{}', status, { location: '/other' }))
    const { body, ...reply } = await createClient(t)(remote.url)
    t.deepEqual(reply, { status })
    t.is(body.toString(), '{}')
    t.is(remote.requests.length, 1)
    t.like(remote.requests[0], { method: 'POST', url: '/login' })
    t.is(remote.requests[0]?.headers['content-length'], '0')
    t.is(remote.requests[0]?.headers['accept-encoding'], undefined)
  }
})

test('it reports how each call ended', async (t) => {
  const outcomes: string[] = []
  const ask = createClient(t, { onOutcome: (outcome) => outcomes.push(outcome) })
  const remote = await startRemote(t, replying('{}', 401))
  const broken = await startRemote(t, replying('{}', 503))
  await ask(remote.url)
  await ask(broken.url)
  await t.throwsAsync(ask(await refusingUrl(t)))
  t.deepEqual(outcomes, ['ok', 'remote_error', 'check_unavailable'])
  t.is(remote.requests[0]?.headers['user-agent'], 'test')
})

test('calls that follow each other use one connection', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const ask = createClient(t)
  for (let call = 0; call < 3; call++) await ask(remote.url)
  t.is(remote.connections.length, 1)
})

test('a call on a connection that the server has ended is made again, on a new one', async (t) => {
  let calls = 0
  const remote = await startRemote(t, (response) => {
    calls++
    if (calls === 2) response.destroy()
    else response.end('{}')
  })
  const ask = createClient(t)
  await ask(remote.url)
  t.is((await ask(remote.url)).status, 200)
  t.is(calls, 3)
})

test('a call on a new connection is not made again', async (t) => {
  const remote = await startRemote(t, (response) => response.destroy())
  await assertUnavailable(t, createClient(t)(remote.url), /hang up|ECONNRESET/)
  t.is(remote.requests.length, 1)
})

test('calls beyond the limit are rejected, and those after them are not', async (t) => {
  const remote = await startRemote(t, (response) => void setTimeout(() => response.end('{}'), 50))
  const ask = createClient(t, { maxCalls: 2 })
  const calls = await Promise.allSettled([1, 2, 3].map(() => ask(remote.url)))
  t.deepEqual(
    calls.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected']
  )
  t.like((calls[2] as PromiseRejectedResult).reason, { code: 'overloaded', status: 503 })
  t.is((await ask(remote.url)).status, 200)
})

test('a reply with more bytes than the cap is given up, however they come', async (t) => {
  const exact = await startRemote(t, replying('0123456789'))
  t.is((await createClient(t)(exact.url)).body.length, 10)
  const long = await startRemote(t, replying('0123456789a'))
  await assertUnavailable(t, createClient(t)(long.url), /more than 10 bytes/)
  const endless = await startRemote(t, (response) => {
    response.write('0123456789a')
  })
  await assertUnavailable(t, createClient(t)(endless.url), /more than 10 bytes/)
  await ended(endless.connections[0])
})

test('the deadline counts for silence, and for a reply that trickles in', async (t) => {
  const timeoutMs = 200
  const silent = await startRemote(t, () => {})
  await assertUnavailable(t, createClient(t, { timeoutMs })(silent.url), /in time/)
  const trickling = await startRemote(t, (response: ServerResponse) => {
    const timer = setInterval(() => response.write('{'), 50)
    response.on('close', () => clearInterval(timer))
  })
  await assertUnavailable(t, createClient(t, { timeoutMs })(trickling.url), /in time/)
  await ended(trickling.connections[0])
})

test('what cannot be read as a reply is none', async (t) => {
  await assertUnavailable(t, createClient(t)(await refusingUrl(t)), /ECONNREFUSED/)
  const noHttp = await startRawRemote(t, (socket) => socket.end('hello\r\n\r\n'))
  await assertUnavailable(t, createClient(t)(noHttp.url), /./)
  const cut = await startRawRemote(t, (socket) =>
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}')
  )
  await assertUnavailable(t, createClient(t)(cut.url), /aborted|end/)
  const packed = await startRemote(t, replying('{}', 200, { 'content-encoding': 'gzip' }))
  await assertUnavailable(t, createClient(t)(packed.url), /content encoding/)
})

test('only a server that the own authority vouches for is asked', async (t) => {
  const good = await startRemote(t, replying('{}'), root.issue())
  t.is((await createClient(t, { tls: { ca: root.cert } })(good.url)).status, 200)
  await assertUnavailable(t, createClient(t)(good.url), /unable to verify|self-signed/)
  const other = await startRemote(t, replying('{}'), root.issue({ hosts: ['elsewhere.example'] }))
  await assertUnavailable(t, createClient(t, { tls: { ca: root.cert } })(other.url), /altnames/)
  t.is(good.requests.length + other.requests.length, 1)
})

test('a server that asks for a certificate is shown one', async (t) => {
  const { cert, key } = root.issue({ use: 'client' })
  const server = { ...root.issue(), ca: root.cert, requestCert: true, rejectUnauthorized: true }
  const remote = await startRemote(t, replying('{}'), server)
  t.is((await createClient(t, { tls: { ca: root.cert, cert, key } })(remote.url)).status, 200)
  await assertUnavailable(t, createClient(t, { tls: { ca: root.cert } })(remote.url), /./)
})
