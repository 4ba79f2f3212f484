/** One call to another service: what is sent, how much is read, and what an error means. */
import { AssertionError } from 'node:assert'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { createByteCollector } from '../../src/remote/byte-collector.ts'
import { remoteFailed } from '../../src/remote/remote-errors.ts'
import { fullConfig } from '../helpers/config-texts.ts'
import { type Answer, post } from '../helpers/http.ts'
import { ended, replying, startRawRemote, startRemote, type TestRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { readToken } from '../helpers/tokens.ts'

/** Asks a service in front of a remote for a token. Nothing here may have to wait for the deadline. */
async function ask(t: ExecutionContext, { url }: Pick<TestRemote, 'url'>): Promise<Answer> {
  const config = fullConfig(url, {
    source: { timeout: '60s' },
    more: { limits: { reply: '1KiB' } }
  })
  const service = await startService(t, { config })
  return post(`${service.url}/getToken`, '{}')
}

function failure(error: string, message: string): string {
  return JSON.stringify({ error, message })
}

const UNREADABLE = 'Can not unmarshal returned json.'
const UNREACHABLE = 'Remote post failure.'

test('a reply of exactly the limit is taken', async (t) => {
  const reply = `"${'x'.repeat(1022)}"`
  const remote = await startRemote(t, replying(reply))
  const { token } = JSON.parse((await ask(t, remote)).text)
  t.true(readToken(token).payload.startsWith(`{"data":${reply},`))
})

test('a reply that announces more than the limit is rejected before its body comes', async (t) => {
  const remote = await startRawRemote(t, (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1025\r\n\r\n')
  )
  const answer = await ask(t, remote)
  t.is(answer.text, failure('reply too large', UNREADABLE))
  t.is(answer.status, 500)
  await ended(remote.connections[0])
})

test('a reply that grows over the limit in chunks is cut', async (t) => {
  const remote = await startRawRemote(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (let chunk = 0; chunk < 9; chunk++) socket.write(`80\r\n${'1'.repeat(128)}\r\n`)
  })
  const answer = await ask(t, remote)
  t.is(answer.text, failure('reply too large', UNREADABLE))
  await ended(remote.connections[0])
})

test('a reply without a length that grows over the limit is cut', async (t) => {
  const remote = await startRawRemote(t, (socket) =>
    socket.write(`HTTP/1.1 200 OK\r\n\r\n${'1'.repeat(1025)}`)
  )
  const answer = await ask(t, remote)
  t.is(answer.text, failure('reply too large', UNREADABLE))
  await ended(remote.connections[0])
})

test('a reply in chunks of one byte is taken as it came', async (t) => {
  const body = Buffer.from(JSON.stringify('漢😀'.repeat(100)))
  const remote = await startRawRemote(t, (socket) => {
    const chunks = [...body].flatMap((byte) => [0x31, 0x0d, 0x0a, byte, 0x0d, 0x0a])
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    socket.write(Buffer.concat([Buffer.from(chunks), Buffer.from('0\r\n\r\n')]))
  })
  const { token } = JSON.parse((await ask(t, remote)).text)
  t.true(readToken(token).payload.startsWith(`{"data":${body},`))
})

for (const status of [301, 302, 303, 307, 308]) {
  test(`a reply with the status ${status} is not followed`, async (t) => {
    const elsewhere = await startRemote(t, replying('{}'))
    const remote = await startRemote(t, replying('', status, { location: elsewhere.url }))
    const answer = await ask(t, remote)
    t.is(answer.text, JSON.stringify({ message: 'Remote post status failure.', status }))
    t.is(elsewhere.connections.length, 0)
    t.is(remote.requests.length, 1)
  })
}

for (const [encoding, body] of [
  ['gzip', gzipSync('{}')],
  ['x-gzip', gzipSync('{}')],
  ['deflate', deflateSync('{}')],
  ['br', brotliCompressSync('{}')],
  ['gzip, gzip', gzipSync(gzipSync('{}'))],
  ['identity, gzip', gzipSync('{}')],
  ['nonsense', '{}']
] as const) {
  test(`a reply in the encoding ${encoding} is rejected`, async (t) => {
    const remote = await startRemote(t, replying(body, 200, { 'content-encoding': encoding }))
    const answer = await ask(t, remote)
    t.is(answer.text, failure('reply is compressed', UNREADABLE))
    t.is(answer.status, 500)
  })
}

test('a compressed reply that does not say so is not inflated either', async (t) => {
  const remote = await startRemote(t, replying(gzipSync('{}')))
  t.is((await ask(t, remote)).text, failure('reply is not valid UTF-8', UNREADABLE))
})

test('a reply with the encoding identity is accepted', async (t) => {
  const remote = await startRemote(t, replying('{}', 200, { 'content-encoding': 'identity' }))
  t.is((await ask(t, remote)).status, 200)
})

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'
const good = [
  ['after a 103', `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${GOOD}`],
  ['after several 102', `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(9)}${GOOD}`],
  [
    'in chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n'
  ],
  [
    'with trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nA: b\r\n\r\n'
  ],
  ['up to the end of the connection', 'HTTP/1.1 200 OK\r\n\r\n{}'],
  ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n{}'],
  ['without a reason phrase', 'HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}']
] as const

for (const [what, reply] of good) {
  test(`a reply ${what} is taken`, async (t) => {
    const remote = await startRawRemote(t, (socket) => socket.end(reply))
    const answer = await ask(t, remote)
    t.is(answer.status, 200)
    t.true(readToken(JSON.parse(answer.text).token).payload.startsWith('{"data":{},'))
  })
}

const bad: [string, string, string | RegExp][] = [
  ['text that is not HTTP', 'HELLO\r\n\r\n', 'not an HTTP reply'],
  ['HTTP that is not ours', 'HTTP/7.1 200 OK\r\n\r\n{}', 'not an HTTP reply'],
  ['a status that is none', 'HTTP/1.1 abc OK\r\n\r\n{}', 'not an HTTP reply'],
  ['a request', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'not an HTTP reply'],
  [
    'two lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ',
    'not an HTTP reply'
  ],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    'not an HTTP reply'
  ],
  [
    'a length that is none',
    'HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}',
    'not an HTTP reply'
  ],
  [
    'a chunk of no size',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n',
    'not an HTTP reply'
  ],
  [
    'a field that is none',
    'HTTP/1.1 200 OK\r\nA B: c\r\nContent-Length: 2\r\n\r\n{}',
    'not an HTTP reply'
  ],
  ['a header without end', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(20_000)}`, 'not an HTTP reply'],
  [
    'an upgrade nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    'connection closed'
  ],
  ['nothing', '', 'connection closed'],
  ['half a header', 'HTTP/1.1 200 OK\r\nContent-', 'connection closed'],
  ['an informational reply alone', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'connection closed'],
  ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{}', 'connection closed'],
  [
    'chunks without an end',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n',
    'connection closed'
  ]
]

for (const [what, reply, error] of bad) {
  test(`a remote that sends ${what} and closes is a failure`, async (t) => {
    const remote = await startRawRemote(t, (socket) => socket.end(reply))
    const answer = await ask(t, remote)
    t.is(answer.text, failure(String(error), UNREACHABLE))
    t.is(answer.status, 500)
  })
}

test('a connection reset inside the body is a failure', async (t) => {
  const remote = await startRawRemote(t, (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{}', () => socket.resetAndDestroy())
  )
  t.is((await ask(t, remote)).text, failure('connection closed', UNREACHABLE))
})

test('a reply that nobody asked for is not given to the next who asks', async (t) => {
  const replyOf = (text: string) =>
    `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`
  const replies = [replyOf('"first"') + replyOf('"of another"'), replyOf('"second"')]
  const remote = await startRawRemote(t, (socket) => socket.write(replies.shift() ?? ''))
  const service = await startService(t, { config: fullConfig(remote.url) })
  for (const expected of ['first', 'second']) {
    const { token } = JSON.parse((await post(`${service.url}/getToken`, '{}')).text)
    t.is(JSON.parse(readToken(token).payload).data, expected)
  }
})

const pieces = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)))

test('the bytes that were collected come out in their order, and the pieces are left alone', (t) => {
  fc.assert(
    fc.property(pieces, (given) => {
      const before = given.map((piece) => Buffer.from(piece))
      const collector = createByteCollector({ limit: 100_000 })
      for (const piece of given) t.true(collector.add(piece))
      t.deepEqual(collector.bytes(), Buffer.concat(before))
      t.deepEqual(given, before)
    })
  )
  t.pass()
})

test('up to the limit every piece is collected, and a piece over it is not', (t) => {
  fc.assert(
    fc.property(pieces, fc.nat(400), (given, limit) => {
      const collector = createByteCollector({ limit })
      let taken = 0
      for (const piece of given) {
        const fits = taken + piece.length <= limit
        t.is(collector.add(piece), fits)
        if (fits) taken += piece.length
      }
      t.is(collector.bytes().length, taken)
    })
  )
  t.pass()
})

test('a single collected piece is not copied', (t) => {
  const collector = createByteCollector({ limit: 10 })
  const piece = Buffer.from('piece')
  collector.add(piece)
  t.is(collector.bytes().buffer, piece.buffer)
})

test('collecting a mebibyte costs no more in a million pieces than in one', (t) => {
  const collector = createByteCollector({ limit: 2 ** 20 })
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < 2 ** 20; index++) collector.add(Buffer.from([index & 0xff]))
  const grown = process.memoryUsage().heapUsed - before
  t.is(collector.bytes().length, 2 ** 20)
  t.true(grown < 64 * 2 ** 20, `grown by ${grown} bytes`)
})

function withCode(code: string): Error {
  return Object.assign(new Error(`connect ${code} 10.1.2.3:443 db.internal`), { code })
}

const cases: [Error, string, string][] = [
  [withCode('ECONNREFUSED'), 'remote_failed', 'connection refused'],
  [withCode('ECONNRESET'), 'remote_failed', 'connection closed'],
  [withCode('EPIPE'), 'remote_failed', 'connection closed'],
  [withCode('UND_ERR_SOCKET'), 'remote_failed', 'connection closed'],
  [withCode('ENOTFOUND'), 'remote_failed', 'name not found'],
  [withCode('EAI_AGAIN'), 'remote_failed', 'name not found'],
  [withCode('EHOSTUNREACH'), 'remote_failed', 'host unreachable'],
  [withCode('ENETUNREACH'), 'remote_failed', 'network unreachable'],
  [withCode('ETIMEDOUT'), 'remote_timeout', 'connect timeout'],
  [withCode('UND_ERR_CONNECT_TIMEOUT'), 'remote_timeout', 'connect timeout'],
  [withCode('CERT_HAS_EXPIRED'), 'remote_failed', 'TLS failure'],
  [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), 'remote_failed', 'TLS failure'],
  [withCode('SELF_SIGNED_CERT_IN_CHAIN'), 'remote_failed', 'TLS failure'],
  [withCode('EMFILE'), 'remote_failed', 'connection failed'],
  [new AssertionError({ message: 'at db.internal' }), 'remote_failed', 'connection failed'],
  [
    new AggregateError([withCode('ECONNREFUSED')], 'db.internal'),
    'remote_failed',
    'connection refused'
  ],
  [new AggregateError([], 'db.internal'), 'remote_failed', 'connection failed']
]

for (const [cause, code, message] of cases) {
  const { name } = cause
  test(`the error ${name} ${'code' in cause ? cause.code : ''} is reported as "${message}", without an address`, (t) => {
    t.like(remoteFailed(cause), { code, message, status: 500, cause })
  })
}
