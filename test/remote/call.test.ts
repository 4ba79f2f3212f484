/** One call to another service: the request, the limits of the reply, and the errors. */
import { AssertionError } from 'node:assert'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { ServiceError } from '../../src/errors.ts'
import { createByteBudget } from '../../src/remote/byte-budget.ts'
import { createByteCollector } from '../../src/remote/byte-collector.ts'
import { createRemote } from '../../src/remote/remote.ts'
import { remoteFailed } from '../../src/remote/remote-errors.ts'
import { fullConfig } from '../helpers/config-texts.ts'
import { type Answer, post } from '../helpers/http.ts'
import { BAD_REPLIES, ODD_BODIES, ODD_BODY, oddReplies } from '../helpers/odd-replies.ts'
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

test('a reply of exactly the limit is accepted', async (t) => {
  const reply = `"${'x'.repeat(1022)}"`
  const remote = await startRemote(t, replying(reply))
  const { token } = JSON.parse((await ask(t, remote)).text)
  t.true(readToken(token).payload.startsWith(`{"data":${reply},`))
})

test('a reply with a Content-Length over the limit is rejected before its body comes', async (t) => {
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

test('a reply in chunks of one byte is accepted unchanged', async (t) => {
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

const JSON_TEXT = '{"id":"é"}'

for (const [coding, body] of [
  ['gzip', gzipSync(JSON_TEXT)],
  ['GZip', gzipSync(JSON_TEXT)],
  ['x-gzip', gzipSync(JSON_TEXT)],
  ['deflate', deflateSync(JSON_TEXT)],
  ['Deflate', deflateRawSync(JSON_TEXT)],
  ['br', brotliCompressSync(JSON_TEXT)],
  ['gzip, gzip', gzipSync(gzipSync(JSON_TEXT))],
  ['br , identity,, gzip', gzipSync(brotliCompressSync(JSON_TEXT))],
  ['identity', JSON_TEXT],
  ['Identity', JSON_TEXT],
  ['', JSON_TEXT],
  [', identity ,', JSON_TEXT],
  ['utf-8', JSON_TEXT],
  ['UTF8', JSON_TEXT],
  ['"utf-8"', JSON_TEXT],
  ['charset=UTF-8', JSON_TEXT],
  ['us-ascii', JSON_TEXT],
  ['none', JSON_TEXT],
  // Wrong Content-Encoding: a proxy has decoded the body, or it never was encoded.
  ['gzip', JSON_TEXT],
  ['br', JSON_TEXT],
  ['deflate', JSON_TEXT],
  ['aws-chunked', JSON_TEXT],
  ['constructor', JSON_TEXT]
] as const) {
  const form = typeof body === 'string' ? 'plain' : 'coded'
  test(`a ${form} reply with the Content-Encoding "${coding}" is accepted`, async (t) => {
    const remote = await startRemote(t, replying(body, 200, { 'content-encoding': coding }))
    const { token } = JSON.parse((await ask(t, remote)).text)
    t.true(readToken(token).payload.startsWith(`{"data":${JSON_TEXT},`))
    t.is(remote.requests[0]?.headers['accept-encoding'], 'identity')
  })
}

const CODED = Buffer.from([0x80, 0x81, 0x82])

for (const [coding, body, error] of [
  ['gzip', CODED, 'reply has the content coding gzip, but cannot be decoded'],
  [
    'gzip',
    gzipSync('{}').subarray(0, 12),
    'reply has the content coding gzip, but cannot be decoded'
  ],
  ['deflate', Buffer.from([0x78]), 'reply has the content coding deflate, but cannot be decoded'],
  ['Compress', CODED, 'reply has the content coding compress, expected none'],
  ['a b\tc"', CODED, 'reply has the content coding of no valid name, expected none'],
  ['gzip, gzip, gzip', CODED, 'reply has 3 content codings, expected none'],
  ['utf-8', CODED, 'reply is not valid UTF-8'],
  ['gzip', gzipSync(`"${'x'.repeat(1023)}"`), 'reply too large'],
  ['br', brotliCompressSync(' '.repeat(100_000)), 'reply too large']
] as const) {
  test(`a reply of ${body.length} bytes with the Content-Encoding "${coding}" is "${error}"`, async (t) => {
    const remote = await startRemote(t, replying(body, 200, { 'content-encoding': coding }))
    const answer = await ask(t, remote)
    t.is(answer.text, failure(error, UNREADABLE))
    t.is(answer.status, 500)
  })
}

test('a reply of exactly the limit once decoded is accepted', async (t) => {
  const reply = gzipSync(`"${'x'.repeat(1022)}"`)
  const remote = await startRemote(t, replying(reply, 200, { 'content-encoding': 'gzip' }))
  t.is((await ask(t, remote)).status, 200)
})

test('the coding of a reply with an error status does not matter', async (t) => {
  const remote = await startRemote(t, replying(CODED, 401, { 'content-encoding': 'gzip' }))
  t.is((await ask(t, remote)).text, '{"message":"Remote post status failure.","status":401}')
})

for (const [what, labels, body] of ODD_BODIES) {
  test(`JSON ${what} is accepted`, async (t) => {
    const remote = await startRemote(t, replying(body, 200, labels))
    const { token } = JSON.parse((await ask(t, remote)).text)
    t.true(readToken(token).payload.startsWith(`{"data":${ODD_BODY},`))
  })
}

for (const [what, charset, body] of [
  ['no character set', '', Buffer.from(ODD_BODY, 'latin1')],
  ['an unknown one', '; charset=x-1', Buffer.from(ODD_BODY, 'latin1')],
  ['another one', '; charset=shift_jis', Buffer.from([0x22, 0xff, 0x22])],
  ['UTF-8', '; charset=UTF-8', Buffer.from(ODD_BODY, 'latin1')],
  ['UTF-16 in a broken reply', '', Buffer.from(`\ufeff${ODD_BODY}`, 'utf16le').subarray(1)]
] as const) {
  test(`bytes that are not UTF-8, labelled with ${what}, are an error`, async (t) => {
    const labels = { 'content-type': `application/json${charset}` }
    const remote = await startRemote(t, replying(body, 200, labels))
    t.is((await ask(t, remote)).text, failure('reply is not valid UTF-8', UNREADABLE))
  })
}

test('a reply without Content-Encoding that is too large once decoded is an error', async (t) => {
  const remote = await startRemote(t, replying(gzipSync(' '.repeat(100_000))))
  t.is((await ask(t, remote)).text, failure('reply too large', UNREADABLE))
})

test('decoded bytes count in the budget of all bodies until they are released', async (t) => {
  const held: number[] = []
  const budget = createByteBudget({ limitBytes: 10_000, now: () => 0, onFull: () => {} })
  const remote = await startRemote(t, replying(gzipSync('{}'), 200, { 'content-encoding': 'gzip' }))
  const createClient = (maxReplyBytes: number, url = remote.url) => {
    const options = { timeoutMs: 60_000, connectTimeoutMs: 60_000, maxCalls: 1, maxReplyBytes }
    const onOutcome = () => void held.push(budget.held())
    const client = createRemote({ url, userAgent: 'a', ...options, budget, onOutcome })
    t.teardown(client.close)
    return client
  }
  let release = () => {}
  const call = { onAbort: (listener: () => void) => (release = listener) }
  t.is((await createClient(9_000).call(call)).toString(), '{}')
  t.deepEqual(held, [2])
  release()
  t.is(budget.held(), 0)
  await t.throwsAsync(createClient(11_000).call(call), { message: 'Too many replies in flight.' })
  t.is(budget.held(), 0)
  const coded = replying(gzipSync('{}'), 401, { 'content-encoding': 'gzip' })
  const rejecting = await startRemote(t, coded)
  for (const [maxReplyBytes, body] of [
    [9_000, Buffer.from('{}')],
    [11_000, undefined]
  ] as const) {
    const error = await t.throwsAsync<ServiceError>(
      createClient(maxReplyBytes, rejecting.url).call(call)
    )
    t.is(error?.remoteStatus, 401)
    t.deepEqual(error?.rejection?.body, body)
    t.is(budget.held(), 0)
  }
})

for (const [type, body] of [
  ['application/json', `\ufeff${JSON_TEXT}`],
  ['text/html', JSON_TEXT],
  ['text/plain; charset="UTF-8"', JSON_TEXT],
  ['application/problem+json', JSON_TEXT],
  ['application/vnd.api+json;charset=utf8', JSON_TEXT],
  ['application/octet-stream', `\ufeff \n${JSON_TEXT}`],
  ['application/json; charset=us-ascii', JSON_TEXT],
  ['', JSON_TEXT]
] as const) {
  const mark = body === JSON_TEXT ? '' : ', with a byte order mark'
  test(`JSON with the content type "${type}"${mark} is accepted`, async (t) => {
    const remote = await startRemote(t, replying(body, 200, { 'content-type': type }))
    const { token } = JSON.parse((await ask(t, remote)).text)
    t.true(readToken(token).payload.startsWith(`{"data":${JSON_TEXT},`))
  })
}

test('HTML with the content type application/json is an error', async (t) => {
  const remote = await startRemote(t, replying('<html>'))
  t.is((await ask(t, remote)).text, failure('reply is not valid JSON', UNREADABLE))
})

test('a second byte order mark is not JSON', async (t) => {
  const remote = await startRemote(t, replying('\ufeff\ufeff{}'))
  t.is((await ask(t, remote)).text, failure('reply is not valid JSON', UNREADABLE))
})

for (const [what, reply] of oddReplies('{}')) {
  test(`a reply ${what} is accepted`, async (t) => {
    const remote = await startRawRemote(t, (socket) => socket.end(reply, 'latin1'))
    const answer = await ask(t, remote)
    t.is(answer.status, 200)
    t.true(readToken(JSON.parse(answer.text).token).payload.startsWith('{"data":{},'))
  })
}

const INVALID = 'not a valid HTTP reply'
const bad: [string, string, string][] = [
  ...BAD_REPLIES.map(([what, reply]): [string, string, string] => [what, reply, INVALID]),
  ['text that is not HTTP', 'HELLO\r\n\r\n', INVALID],
  ['an unknown HTTP version', 'HTTP/7.1 200 OK\r\n\r\n{}', INVALID],
  ['an invalid status', 'HTTP/1.1 abc OK\r\n\r\n{}', INVALID],
  ['a request', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', INVALID],
  ['an invalid length', 'HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}', INVALID],
  [
    'a chunk with an invalid size',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n',
    INVALID
  ],
  ['an endless header', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(70_000)}`, 'reply header too large'],
  [
    'an unsolicited upgrade',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    INVALID
  ],
  ['nothing', '', 'connection closed'],
  ['half a header', 'HTTP/1.1 200 OK\r\nContent-', 'connection closed'],
  ['an informational reply alone', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'connection closed'],
  ['a 100 alone', 'HTTP/1.1 100 Continue\r\n\r\n', 'connection closed'],
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
    t.is(answer.text, failure(error, UNREACHABLE))
    t.is(answer.status, 500)
  })
}

test('a connection reset inside the body is a failure', async (t) => {
  const remote = await startRawRemote(t, (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{}', () => socket.resetAndDestroy())
  )
  t.is((await ask(t, remote)).text, failure('connection closed', UNREACHABLE))
})

test('an unsolicited reply is not taken for the next one', async (t) => {
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

test('collected bytes come out in order, and the pieces stay unchanged', (t) => {
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

test('pieces are collected up to the limit, and a piece over it is not', (t) => {
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
  [withCode('EAI_AGAIN'), 'remote_failed', 'name lookup failed'],
  [withCode('EHOSTUNREACH'), 'remote_failed', 'host unreachable'],
  [withCode('ENETUNREACH'), 'remote_failed', 'network unreachable'],
  [withCode('ETIMEDOUT'), 'remote_timeout', 'connect timeout'],
  [Object.assign(withCode('ETIMEDOUT'), { syscall: 'read' }), 'remote_timeout', 'timeout'],
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
  const syscall = 'syscall' in cause ? ` of ${cause.syscall}` : ''
  test(`the error ${name} ${'code' in cause ? cause.code : ''}${syscall} is reported as "${message}", without an address`, (t) => {
    t.like(remoteFailed(cause), { code, message, status: 500, cause })
  })
}
