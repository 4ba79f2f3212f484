import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { createRemote, type RemoteCall } from '../../src/remote/remote.ts'
import { fullConfig } from '../helpers/config-texts.ts'
import { eventually } from '../helpers/eventually.ts'
import { openConnection, post } from '../helpers/http.ts'
import { ended, replying, startRawRemote, startRemote, type TestRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'

const POST = 'POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}'
const NEVER = '60s'

function failure(error: string): string {
  return JSON.stringify({ error, message: 'Remote post failure.' })
}

/** Waits for the next request of a remote, and returns its response. */
function createDesk() {
  const waiting: ServerResponse[] = []
  let announce: ((response: ServerResponse) => void) | undefined
  return {
    answer(response: ServerResponse): void {
      if (announce === undefined) waiting.push(response)
      else announce(response)
      announce = undefined
    },
    async next(): Promise<ServerResponse> {
      return waiting.shift() ?? new Promise((resolve) => (announce = resolve))
    }
  }
}

test('consecutive calls share a connection', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: fullConfig(remote.url) })
  for (let call = 0; call < 5; call++) {
    t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
  }
  t.is(remote.requests.length, 5)
  t.is(remote.connections.length, 1)
})

test('an error status leaves the connection open for the next call', async (t) => {
  const remote = await startRemote(t, replying('{"error":"wrong password"}', 401))
  const service = await startService(t, { config: fullConfig(remote.url) })
  for (let call = 0; call < 3; call++) await post(`${service.url}/getToken`, '{}')
  t.is(remote.connections.length, 1)
})

test('concurrent calls have a connection each, and later calls reuse them', async (t) => {
  const desk = createDesk()
  const remote = await startRemote(t, desk.answer)
  const service = await startService(t, { config: fullConfig(remote.url) })
  for (let round = 0; round < 2; round++) {
    const answers = [1, 2, 3].map(() => post(`${service.url}/getToken`, '{}'))
    const responses = [await desk.next(), await desk.next(), await desk.next()]
    for (const response of responses) response.end('{}')
    t.deepEqual(
      (await Promise.all(answers)).map(({ status }) => status),
      [200, 200, 200]
    )
    t.is(remote.connections.length, 3)
  }
})

test('a connection that the remote has closed is not reused', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: fullConfig(remote.url) })
  for (let call = 0; call < 3; call++) {
    t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
    const connection = remote.connections.at(-1)
    connection?.end()
    await ended(connection)
  }
  t.is(remote.connections.length, 3)
})

test('a remote that closes its connections gets a new one for each call', async (t) => {
  const remote = await startRemote(t, replying('{}', 200, { connection: 'close' }))
  const service = await startService(t, { config: fullConfig(remote.url) })
  for (let call = 0; call < 3; call++) {
    t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
  }
  t.is(remote.connections.length, 3)
})

/** A client of a remote whose first call has left an idle connection. */
async function withIdleConnection(t: ExecutionContext, { url }: Pick<TestRemote, 'url'>) {
  const remote = createRemote({
    url,
    userAgent: 'a',
    timeoutMs: 60_000,
    connectTimeoutMs: 60_000,
    maxReplyBytes: 100,
    maxCalls: 1,
    onOutcome: () => {}
  })
  t.teardown(remote.close)
  const ask = (call: Partial<RemoteCall>) => remote.call({ onAbort: () => {}, ...call })
  await ask({ body: Buffer.from('{}') })
  // The client uses a connection again in the next round of the event loop.
  await new Promise((resolve) => setImmediate(resolve))
  return ask
}

test('a POST is sent again if the connection failed before it was sent', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const ask = await withIdleConnection(t, remote)
  // Between the client's last look at the connection and its first byte.
  setImmediate(() => remote.connections[0]?.resetAndDestroy())
  t.is((await ask({ body: Buffer.from('{}') })).toString(), '{}')
  t.is(remote.requests.length, 2)
  t.is(remote.connections.length, 2)
})

/** Answers the first request on its first connection, and closes every other one as a request comes. */
async function startClosingRemote(t: ExecutionContext, answered: number) {
  const seen: Socket[] = []
  const remote = await startRawRemote(t, (socket) => {
    seen.push(socket)
    if (seen.length > answered) socket.end()
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')
  })
  return { ...remote, seen }
}

test('a POST that may have been processed is not sent again', async (t) => {
  const remote = await startClosingRemote(t, 1)
  const ask = await withIdleConnection(t, remote)
  await t.throwsAsync(ask({ body: Buffer.from('{}') }), { message: 'connection closed' })
  t.is(remote.seen.length, 2)
})

test('a GET whose connection closes before its reply is sent again, once', async (t) => {
  const remote = await startClosingRemote(t, 1)
  const ask = await withIdleConnection(t, remote)
  await t.throwsAsync(ask({ method: 'GET' }), { message: 'connection closed' })
  t.is(remote.seen.length, 3)
})

test('the addresses of a name are tried until one answers', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const url = remote.url.replace('127.0.0.1', 'localhost')
  const service = await startService(t, { config: fullConfig(url) })
  t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
})

/** Writes one piece after the other, without end. */
function trickle(socket: Socket, pieces: Iterable<string>): void {
  const iterator = pieces[Symbol.iterator]()
  const timer = setInterval(() => {
    const { value, done } = iterator.next()
    if (done === true || socket.destroyed) clearInterval(timer)
    else socket.write(value)
  }, 10)
}

function* repeated(first: string, next: string): Generator<string> {
  yield first
  for (;;) yield next
}

const slow: [what: string, answer: (socket: Socket) => void, expected?: string][] = [
  ['that stays silent', () => {}],
  [
    'whose header trickles',
    (socket) => trickle(socket, repeated('HTTP/1.1 200 OK\r\n', 'A: b\r\n'))
  ],
  [
    'whose body trickles',
    (socket) => trickle(socket, repeated('HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n', ' '))
  ],
  [
    'whose chunks trickle',
    (socket) =>
      trickle(
        socket,
        repeated('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\n \r\n')
      )
  ],
  [
    'that sends informational replies without end',
    (socket) => trickle(socket, repeated('', 'HTTP/1.1 103 Early Hints\r\n\r\n'))
  ],
  [
    'whose body never ends',
    (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}')
  ],
  [
    'whose error reply never ends',
    (socket) => socket.write('HTTP/1.1 401 No\r\nContent-Length: 3\r\n\r\n{}'),
    '{"message":"Remote post status failure.","status":401}'
  ]
]

for (const [what, answer, expected = failure('timeout')] of slow) {
  test(`a remote ${what} is cut at one deadline, and its connection closed`, async (t) => {
    const remote = await startRawRemote(t, answer)
    const config = fullConfig(remote.url, { source: { timeout: '3s' } })
    const service = await startService(t, { config })
    const response = await post(`${service.url}/getToken`, '{}')
    t.is(response.text, expected)
    t.is(response.status, 500)
    await ended(remote.connections[0])
  })
}

test('a connection that is not established is cut at its own limit', async (t) => {
  // It accepts the connection, and never starts TLS.
  const remote = await startRawRemote(t, () => {})
  const config = fullConfig(remote.url.replace('http:', 'https:'), {
    source: { connectTimeout: '100ms', timeout: NEVER }
  })
  const service = await startService(t, { config })
  t.is((await post(`${service.url}/getToken`, '{}')).text, failure('connect timeout'))
})

test('the deadline covers connecting', async (t) => {
  const remote = await startRawRemote(t, () => {})
  const config = fullConfig(remote.url.replace('http:', 'https:'), {
    source: { connectTimeout: NEVER, timeout: '100ms' }
  })
  const service = await startService(t, { config })
  t.is((await post(`${service.url}/getToken`, '{}')).text, failure('timeout'))
})

test('the remote sees its connection close when the client goes away', async (t) => {
  const desk = createDesk()
  const remote = await startRemote(t, desk.answer)
  const service = await startService(t, {
    config: fullConfig(remote.url, { source: { timeout: NEVER } })
  })
  const client = openConnection(t, service.url)
  client.write(POST)
  const response = await desk.next()
  const closed = once(response, 'close')
  client.socket.destroy()
  await closed
  const [line] = await service.requestLines(1)
  t.like(line, { status: 499, code: 'client_gone', level: 'info' })
})

test('the remote sees its connection close when the client goes away while the reply comes', async (t) => {
  const remote = await startRawRemote(t, (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{')
  )
  const service = await startService(t, {
    config: fullConfig(remote.url, { source: { timeout: NEVER } })
  })
  const client = openConnection(t, service.url)
  client.write(POST)
  await eventually(() => remote.connections.length > 0)
  client.socket.destroy()
  await ended(remote.connections[0])
  t.like((await service.requestLines(1))[0], { status: 499 })
})

const OVERLOADED = '{"message":"Too many calls in flight."}'
const oneCall = { more: { limits: { calls: 1, reply: '1KiB' } } }

test('one call over the limit is a 503 with Retry-After, and the remote is not called', async (t) => {
  const desk = createDesk()
  const remote = await startRemote(t, desk.answer)
  for (const statuses of ['txtoken', 'relay']) {
    const config = fullConfig(remote.url, { ...oneCall, issue: { statuses } })
    const service = await startService(t, { config })
    const first = post(`${service.url}/getToken`, '{}')
    const response = await desk.next()
    const rejected = await post(`${service.url}/getToken`, '{}')
    t.is(rejected.status, 503)
    t.is(rejected.text, OVERLOADED)
    t.is(rejected.headers['retry-after'], '1')
    response.end('{}')
    t.is((await first).status, 200)
  }
  t.is(remote.requests.length, 2)
})

const endings: [string, (response: ServerResponse) => void][] = [
  ['success', replying('{}')],
  ['an error status', replying('{}', 401)],
  ['a reply that is not JSON', replying('<html>')],
  ['a reply that is too large', replying('x'.repeat(2000))],
  ['a reset', ({ socket }) => socket?.resetAndDestroy()],
  ['a timeout', () => {}]
]

for (const [what, end] of endings) {
  test(`a call that ends with ${what} makes room for the next`, async (t) => {
    const remote = await startRemote(t, (response) =>
      remote.requests.length === 1 ? end(response) : response.end('{}')
    )
    // Only the call that is to end by it may come near the deadline.
    const timeout = what === 'a timeout' ? '1s' : NEVER
    const config = fullConfig(remote.url, { ...oneCall, source: { timeout } })
    const service = await startService(t, { config })
    const first = await post(`${service.url}/getToken`, '{}')
    t.not(first.status, 503)
    t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
  })
}

test('a call whose client goes away makes room for the next', async (t) => {
  const desk = createDesk()
  const remote = await startRemote(t, desk.answer)
  const config = fullConfig(remote.url, { ...oneCall, source: { timeout: NEVER } })
  const service = await startService(t, { config })
  const client = openConnection(t, service.url)
  client.write(POST)
  await desk.next()
  client.socket.destroy()
  await service.requestLines(1)
  const next = post(`${service.url}/getToken`, '{}')
  ;(await desk.next()).end('{}')
  t.is((await next).status, 200)
})

test('calls that were cut while they connected make room, and their bodies are never sent', async (t) => {
  const remote = await startRawRemote(t, () => {})
  const config = fullConfig(remote.url.replace('http:', 'https:'), {
    ...oneCall,
    source: { connectTimeout: NEVER, timeout: '50ms' }
  })
  const service = await startService(t, { config })
  for (let call = 0; call < 3; call++) {
    t.is((await post(`${service.url}/getToken`, '{}')).text, failure('timeout'))
  }
})

test('the bearer is signed once, and renewed ten minutes before it expires', async (t) => {
  const START_SECONDS = 1_893_456_000
  let seconds = START_SECONDS
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, {
    config: fullConfig(remote.url),
    now: () => seconds * 1000
  })
  for (const after of [0, 1, 2999, 3000, 3001, 5999, 6000]) {
    seconds = START_SECONDS + after
    await post(`${service.url}/getToken`, '{}')
  }
  const ends = remote.requests.map(({ headers }) => {
    const payload = headers.authorization?.split('.')[1] ?? ''
    return JSON.parse(Buffer.from(payload, 'base64url').toString()).exp - START_SECONDS
  })
  t.deepEqual(ends, [3600, 3600, 3600, 6600, 6600, 6600, 9600])
})

test('a source without a bearer sends no Authorization', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const config = JSON.parse(fullConfig(remote.url))
  delete config.routes[0].claims[0].bearer
  const service = await startService(t, { config: JSON.stringify(config) })
  await post(`${service.url}/getToken`, '{}')
  t.is(remote.requests.length, 1)
  t.is(remote.requests[0]?.headers.authorization, undefined)
})
