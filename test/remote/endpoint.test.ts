import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import type { EndpointOptions } from '../../src/remote/endpoint.ts'
import { createAuthority } from '../helpers/certificates.ts'
import { makeEndpoint } from '../helpers/endpoint.ts'
import { BAD_REPLIES, ODD_BODIES, ODD_BODY, oddReplies } from '../helpers/odd-replies.ts'
import { ended, refusingUrl, replying, startRawRemote, startRemote } from '../helpers/remote.ts'

const root = createAuthority()

function createClient(t: ExecutionContext, options: Partial<EndpointOptions> = {}) {
  const endpoint = makeEndpoint(t, { maxReplyBytes: 10, ...options })
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

test('a reply is returned with its status, whatever it is, and redirects are not followed', async (t) => {
  for (const status of [200, 302, 401, 500]) {
    const remote = await startRemote(t, replying('{}', status, { location: '/other' }))
    const { body, ...reply } = await createClient(t)(remote.url)
    t.deepEqual(reply, { status })
    t.is(body.toString(), '{}')
    t.is(remote.requests.length, 1)
    t.like(remote.requests[0], { method: 'POST', url: '/login' })
    t.is(remote.requests[0]?.headers['content-length'], '0')
    t.is(remote.requests[0]?.headers['accept-encoding'], 'identity')
  }
})

test('it reports how each call ended', async (t) => {
  const outcomes: string[] = []
  const ask = createClient(t, { onOutcome: (outcome) => outcomes.push(outcome) })
  const remote = await startRemote(t, replying('{}', 401))
  await ask(remote.url)
  for (const status of [503, 308, 405]) {
    const broken = await startRemote(t, replying('{}', status))
    await ask(broken.url)
  }
  await t.throwsAsync(ask(await refusingUrl(t)))
  t.deepEqual(outcomes, ['ok', 'remote_error', 'remote_error', 'remote_error', 'check_unavailable'])
  t.is(remote.requests[0]?.headers['user-agent'], 'test')
})

test('consecutive calls use one connection', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const ask = createClient(t)
  for (let call = 0; call < 3; call++) await ask(remote.url)
  t.is(remote.connections.length, 1)
})

test('a call on a connection that the server has closed is repeated on a new one', async (t) => {
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

test('a call on a new connection is not repeated', async (t) => {
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

test('a reply with more bytes than the cap is an error, however they come', async (t) => {
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

test('the deadline applies to silence, and to a reply that trickles in', async (t) => {
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

test('an unreadable reply is an error', async (t) => {
  await assertUnavailable(t, createClient(t)(await refusingUrl(t)), /ECONNREFUSED/)
  const noHttp = await startRawRemote(t, (socket) => socket.end('hello\r\n\r\n'))
  await assertUnavailable(t, createClient(t)(noHttp.url), /./)
  const cut = await startRawRemote(t, (socket) =>
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}')
  )
  await assertUnavailable(
    t,
    createClient(t)(cut.url),
    /: Content-Length mismatch: expected 9 bytes/
  )
})

for (const [coding, body] of [
  ['gzip', gzipSync('{}')],
  ['Identity', '{}'],
  ['', '{}'],
  ['utf-8', '\ufeff{}'],
  ['gzip', '{}']
] as const) {
  const form = typeof body === 'string' ? 'plain' : 'coded'
  test(`a ${form} reply with the Content-Encoding "${coding}" is decoded`, async (t) => {
    const remote = await startRemote(t, replying(body, 200, { 'content-encoding': coding }))
    const reply = await createClient(t, { maxReplyBytes: 100 })(remote.url)
    t.is(reply.body.toString(), '{}')
  })
}

for (const [what, labels, body] of ODD_BODIES) {
  test(`JSON ${what} is decoded`, async (t) => {
    const remote = await startRemote(t, replying(body, 200, labels))
    const reply = await createClient(t, { maxReplyBytes: 100 })(remote.url)
    t.is(reply.body.toString(), ODD_BODY)
  })
}

test('a reply that cannot be decoded, or is too large when decoded, is an error, unless its status is one already', async (t) => {
  const headers = { 'content-encoding': 'gzip' }
  const ask = createClient(t, { maxReplyBytes: 100 })
  const broken = await startRemote(t, replying(Buffer.from([1, 2, 3]), 200, headers))
  await assertUnavailable(t, ask(broken.url), /: reply has the content coding gzip, but cannot/)
  const large = await startRemote(t, replying(gzipSync(' '.repeat(101)), 200, headers))
  await assertUnavailable(t, ask(large.url), /: reply too large/)
  const rejecting = await startRemote(t, replying(Buffer.from([1, 2, 3]), 401, headers))
  t.is((await ask(rejecting.url)).status, 401)
})

for (const [what, reply] of oddReplies('{}')) {
  test(`an endpoint's reply ${what} is accepted`, async (t) => {
    const remote = await startRawRemote(t, (socket) => socket.end(reply, 'latin1'))
    t.is((await createClient(t)(remote.url)).body.toString(), '{}')
  })
}

for (const [what, reply] of BAD_REPLIES) {
  test(`an endpoint's reply with ${what} is an error`, async (t) => {
    const remote = await startRawRemote(t, (socket) => socket.end(reply))
    await assertUnavailable(t, createClient(t)(remote.url), /: (?:Parse Error|Content-Length)/)
  })
}

test('only a server with a certificate of the configured authority is called', async (t) => {
  const good = await startRemote(t, replying('{}'), root.issue())
  t.is((await createClient(t, { tls: { ca: root.cert } })(good.url)).status, 200)
  await assertUnavailable(t, createClient(t)(good.url), /unable to verify|self-signed/)
  const other = await startRemote(t, replying('{}'), root.issue({ hosts: ['elsewhere.example'] }))
  await assertUnavailable(t, createClient(t, { tls: { ca: root.cert } })(other.url), /altnames/)
  t.is(good.requests.length + other.requests.length, 1)
})

test('a server that asks for a certificate gets one', async (t) => {
  const { cert, key } = root.issue({ use: 'client' })
  const server = { ...root.issue(), ca: root.cert, requestCert: true, rejectUnauthorized: true }
  const remote = await startRemote(t, replying('{}'), server)
  t.is((await createClient(t, { tls: { ca: root.cert, cert, key } })(remote.url)).status, 200)
  await assertUnavailable(t, createClient(t, { tls: { ca: root.cert } })(remote.url), /./)
})
