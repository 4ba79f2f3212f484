/** JWK Sets of other servers: fetched, and for how long they are fresh. */
import type { IncomingHttpHeaders, RequestListener, ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { createFetchJwks, type FetchJwksOptions } from '../../../src/keys/remote/fetch-jwks.ts'
import { JwksError, type JwksFailure } from '../../../src/keys/remote/jwks-error.ts'
import { freshnessLifetime } from '../../../src/keys/remote/jwks-freshness.ts'
import { createAuthority } from '../../helpers/certificates.ts'
import { type JwksServer, startJwksServer } from '../../helpers/jwks-server.ts'
import { BAD_REPLIES, oddReplies } from '../../helpers/odd-replies.ts'
import { startRawRemote } from '../../helpers/remote.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const JWKS = { keys: [{ kty: 'oct', kid: 'a', k: 'AAAA' }] }
const root = createAuthority()

function fetchFrom(
  { url }: { url: string },
  options: Partial<FetchJwksOptions> = {},
  etag?: string
) {
  const fetchJwks = createFetchJwks({
    url,
    allowHttp: true,
    tls: undefined,
    timeoutMs: 5_000,
    maxBytes: 1000,
    maxKeys: 3,
    now: () => NOW,
    ...options
  })
  return fetchJwks(etag, new AbortController().signal)
}

async function assertFailure(
  t: ExecutionContext,
  reply: JwksServer['reply'],
  failure: JwksFailure,
  options?: Partial<FetchJwksOptions>
) {
  const server = await startJwksServer(t, reply)
  const result = await fetchFrom(server, options)
  t.true(result instanceof JwksError)
  t.is((result as JwksError).failure, failure)
  // None, if the deadline had passed before the request came.
  t.true(server.requests.length <= 1)
}

/** Content types of the same set: of RFC 7517, of buckets, of static hosts, and wrong ones. */
for (const type of [
  'application/jwk-set+json',
  'application/jwk+json',
  'application/json',
  'Application/JSON ; charset=utf-8',
  'application/json; charset=ISO-8859-1',
  'application/octet-stream',
  'binary/octet-stream',
  'text/plain; charset="utf-8"',
  'text/html',
  '',
  'nonsense'
]) {
  test(`a set is read with any content type, with its ETag and lifetime: ${type}`, async (t) => {
    const headers = { 'content-type': type, etag: '"1"', 'cache-control': 'max-age=60' }
    const server = await startJwksServer(t, { headers, body: JWKS })
    t.deepEqual(await fetchFrom(server), {
      jwks: JWKS.keys,
      etag: '"1"',
      lifetimeMs: 60_000
    })
  })
}

for (const [what, reply] of oddReplies(JSON.stringify(JWKS))) {
  test(`a set in a reply ${what} is read`, async (t) => {
    const server = await startRawRemote(t, (socket) => socket.end(reply, 'latin1'))
    t.like(await fetchFrom(server), { jwks: JWKS.keys })
  })
}

for (const [what, reply] of BAD_REPLIES) {
  test(`a reply with ${what} is rejected`, async (t) => {
    const server = await startRawRemote(t, (socket) => socket.end(reply))
    t.like(await fetchFrom(server), { failure: 'unreachable' })
  })
}

test('the request asks for an uncompressed JWK Set', async (t) => {
  const server = await startJwksServer(t, { body: JWKS })
  await fetchFrom(server)
  t.is(
    server.requests[0]?.accept,
    'application/jwk-set+json, application/json, application/jwk+json, */*;q=0.1'
  )
  t.is(server.requests[0]?.['accept-encoding'], 'identity')
  t.is(server.requests[0]?.['if-none-match'], undefined)
})

test('an ETag is sent along, and a 304 keeps it', async (t) => {
  const server = await startJwksServer(t, {
    status: 304,
    headers: { 'cache-control': 'max-age=9' }
  })
  t.deepEqual(await fetchFrom(server, {}, '"1"'), {
    jwks: undefined,
    etag: '"1"',
    lifetimeMs: 9_000
  })
  t.is(server.requests[0]?.['if-none-match'], '"1"')
})

test('a 304 without a conditional request is rejected', async (t) => {
  await assertFailure(t, { status: 304 }, 'status')
})

test('a redirect is not followed', async (t) => {
  const target = await startJwksServer(t, { body: JWKS })
  await assertFailure(t, { status: 302, headers: { location: target.url } }, 'redirect')
  t.is(target.requests.length, 0)
})

test('another status is rejected, whatever the body', async (t) => {
  await assertFailure(t, { status: 500, body: JWKS }, 'status')
  await assertFailure(t, { status: 201, body: JWKS }, 'status')
})

test('a set without a content type is read, and one with a byte order mark', async (t) => {
  const server = await startJwksServer(t, (_, response) =>
    response.end(`\uFEFF${JSON.stringify(JWKS)}`)
  )
  t.like(await fetchFrom(server), { jwks: JWKS.keys })
})

test('a JWK by itself is a set of one', async (t) => {
  const server = await startJwksServer(t, { body: JWKS.keys[0] })
  t.like(await fetchFrom(server), { jwks: JWKS.keys })
})

const TEXT = JSON.stringify(JWKS)

for (const [coding, body] of [
  ['GZIP', gzipSync(TEXT)],
  ['br, identity', brotliCompressSync(TEXT)],
  ['Identity', TEXT],
  ['utf-8', TEXT],
  ['gzip', TEXT],
  ['aws-chunked', `\ufeff${TEXT}`]
] as const) {
  const form = typeof body === 'string' ? 'plain' : 'coded'
  test(`a ${form} set with the Content-Encoding "${coding}" is read`, async (t) => {
    const reply: RequestListener = (_request, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': coding })
        .end(body)
    t.like(await fetchFrom(await startJwksServer(t, reply)), { jwks: JWKS.keys })
  })
}

for (const [what, charset, body] of [
  ['UTF-16', '', Buffer.from(`\ufeff${TEXT}`, 'utf16le')],
  ['Latin-1', '; charset=ISO-8859-1', Buffer.from(TEXT.replace('{', '{"by":"\u00eb",'), 'latin1')]
] as const) {
  test(`a set in ${what} is read`, async (t) => {
    const headers = { 'content-type': `application/json${charset}` }
    const reply: RequestListener = (_request, response) =>
      response.writeHead(200, headers).end(body)
    t.like(await fetchFrom(await startJwksServer(t, reply)), { jwks: JWKS.keys })
  })
}

test('a set that cannot be decoded, or is too large when decoded, is rejected', async (t) => {
  const coded = (coding: string, body: Buffer): RequestListener => {
    const headers = { 'content-type': 'application/json', 'content-encoding': coding }
    return (_request, response) => response.writeHead(200, headers).end(body)
  }
  await assertFailure(t, coded('gzip', Buffer.from([1, 2, 3])), 'media_type')
  await assertFailure(t, coded('compress', Buffer.from([1, 2, 3])), 'media_type')
  await assertFailure(t, coded('gzip', gzipSync(' '.repeat(100_000))), 'media_type')
})

test('a reply that is not a JWK Set is rejected', async (t) => {
  for (const body of ['', 'keys', '[]', '{}', '{"keys":{}}', '{"keys":[']) {
    await assertFailure(t, { body }, 'not_a_jwk_set')
  }
})

test('bytes that are not UTF-8 are rejected', async (t) => {
  const invalid = (_: unknown, response: ServerResponse) => {
    response.setHeader('content-type', 'application/json')
    response.end(
      Buffer.concat([Buffer.from('{"keys":[],"a":"'), Buffer.from([0xff]), Buffer.from('"}')])
    )
  }
  await assertFailure(t, invalid, 'not_a_jwk_set')
})

test('a set with more bytes than the cap is rejected, one with as many is read', async (t) => {
  const body = JSON.stringify(JWKS).padEnd(1000)
  t.false((await fetchFrom(await startJwksServer(t, { body }))) instanceof JwksError)
  await assertFailure(t, { body: `${body} ` }, 'too_large')
})

test('an endless body is cut at the cap', async (t) => {
  const endless = (_: unknown, response: ServerResponse) => {
    response.setHeader('content-type', 'application/json')
    response.write(' '.repeat(1001))
  }
  await assertFailure(t, endless, 'too_large')
})

test('a set with more keys than the cap is rejected, one with as many is read', async (t) => {
  const set = (size: number) => ({ body: { keys: Array(size).fill({ kty: 'x' }) } })
  t.false((await fetchFrom(await startJwksServer(t, set(3)))) instanceof JwksError)
  await assertFailure(t, set(4), 'too_many_keys')
})

test('the deadline applies to silence, and to a body that trickles in', async (t) => {
  const timeoutMs = 100
  await assertFailure(t, () => {}, 'timeout', { timeoutMs })
  const trickle = (_: unknown, response: ServerResponse) => {
    response.setHeader('content-type', 'application/json')
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  }
  await assertFailure(t, trickle, 'timeout', { timeoutMs })
})

test('a body that is cut off is rejected', async (t) => {
  const cut = (_: unknown, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
    response.write('{"keys":[]}', () => response.destroy())
  }
  await assertFailure(t, cut, 'unreachable')
})

test('an error has its cause, and neither the URL nor its query', async (t) => {
  const server = await startJwksServer(t, (_, response) => response.destroy())
  const result = await fetchFrom({ url: `${server.url}?code=hidden` })
  t.true(result instanceof JwksError)
  t.is(((result as JwksError).cause as NodeJS.ErrnoException).code, 'ECONNRESET')
  t.notRegex(inspect(result, { depth: Number.POSITIVE_INFINITY }), /hidden/)
})

test('a pinned server is called over TLS', async (t) => {
  const certificate = root.issue()
  const server = await startJwksServer(t, { body: JWKS }, certificate)
  const tls = { ca: root.cert, pins: [certificate.pin] }
  t.like(await fetchFrom(server, { tls, allowHttp: false }), { jwks: JWKS.keys })
  t.like(await fetchFrom(server, { tls: { ca: root.cert, pins: [root.pin] } }), { jwks: JWKS.keys })
})

test('no reply is read from a server with an untrusted certificate', async (t) => {
  const good = root.issue()
  const cases = [
    {
      certificate: good,
      tls: { ca: root.cert, pins: [createAuthority().pin] },
      reason: /no pinned key/
    },
    { certificate: good, tls: undefined, reason: /unable to verify/ },
    {
      certificate: root.issue({ notBefore: new Date(0), notAfter: new Date(1000) }),
      tls: { ca: root.cert },
      reason: /certificate has expired/
    },
    {
      certificate: root.issue({ hosts: ['elsewhere.example'] }),
      tls: { ca: root.cert },
      reason: /does not match/
    }
  ]
  for (const { certificate, tls, reason } of cases) {
    const server = await startJwksServer(t, { body: JWKS }, certificate)
    const result = await fetchFrom(server, { tls })
    t.true(result instanceof JwksError)
    t.is((result as JwksError).failure, 'tls')
    t.regex((result as JwksError).message, reason)
    t.is(server.requests.length, 0)
  }
})

const rejectedUrls = [
  { url: 'http://127.0.0.1/jwks.json', message: /expected https:\/\// },
  { url: 'ftp://127.0.0.1/jwks.json', message: /ftp:, expected https/ },
  { url: '/jwks.json', message: /not a URL/ },
  { url: 'https://user:secret@127.0.0.1/', message: /^(?!.*secret).*password/ }
]
for (const { url, message } of rejectedUrls) {
  test(`without allowHttp, the URL ${url.replace('secret', '...')} is rejected`, (t) => {
    const options = { url, allowHttp: false, tls: undefined, timeoutMs: 1 }
    t.throws(() => createFetchJwks({ ...options, maxBytes: 1, maxKeys: 1, now: Date.now }), {
      instanceOf: TypeError,
      message
    })
  })
}

const cases: readonly {
  title: string
  headers: IncomingHttpHeaders
  seconds: number | undefined
}[] = [
  { title: 'no header about it', headers: {}, seconds: undefined },
  { title: 'max-age', headers: { 'cache-control': 'max-age=60' }, seconds: 60 },
  {
    title: 'max-age among others, in capitals and quotes',
    headers: { 'cache-control': 'public, Max-Age="60", must-revalidate' },
    seconds: 60
  },
  {
    title: 's-maxage, which is for shared caches',
    headers: { 'cache-control': 's-maxage=9, max-age=60' },
    seconds: 60
  },
  {
    title: 'a max-age that is no number',
    headers: { 'cache-control': 'max-age=-1' },
    seconds: undefined
  },
  { title: 'no-store', headers: { 'cache-control': 'max-age=60, no-store' }, seconds: 0 },
  { title: 'no-cache', headers: { 'cache-control': 'no-cache' }, seconds: 0 },
  {
    title: 'max-age, less the age',
    headers: { 'cache-control': 'max-age=60', age: '20' },
    seconds: 40
  },
  {
    title: 'an age beyond the max-age',
    headers: { 'cache-control': 'max-age=60', age: '61' },
    seconds: 0
  },
  {
    title: 'Expires, by the clock of the server',
    headers: { date: 'Sun, 01 Mar 2026 10:00:00 GMT', expires: 'Sun, 01 Mar 2026 10:02:00 GMT' },
    seconds: 120
  },
  {
    title: 'Expires without Date, by our clock',
    headers: { expires: 'Sun, 01 Mar 2026 12:01:00 GMT' },
    seconds: 60
  },
  { title: 'Expires that is no date', headers: { expires: '0' }, seconds: 0 },
  {
    title: 'max-age before Expires',
    headers: { 'cache-control': 'max-age=60', expires: 'Sun, 01 Mar 2026 13:00:00 GMT' },
    seconds: 60
  },
  { title: 'a max-age of zero', headers: { 'cache-control': 'max-age=0' }, seconds: 0 },
  {
    title: 'directives about other things, with a Last-Modified to guess from',
    headers: {
      'cache-control': 'public, immutable, stale-while-revalidate=600',
      'last-modified': 'Sun, 01 Feb 2026 12:00:00 GMT'
    },
    seconds: undefined
  },
  {
    title: 'max-age with a time to use it stale, which does not count',
    headers: { 'cache-control': 'max-age=60, stale-while-revalidate=600, stale-if-error=600' },
    seconds: 60
  },
  {
    title: 'Expires with a Date that is no date, by our clock',
    headers: { date: 'today', expires: 'Sun, 01 Mar 2026 12:01:00 GMT' },
    seconds: 60
  },
  {
    title: 'Expires before immutable',
    headers: { 'cache-control': 'immutable', expires: 'Sun, 01 Mar 2026 12:01:00 GMT' },
    seconds: 60
  },
  {
    title: 'a reply that varies with everything',
    headers: { 'cache-control': 'max-age=60', vary: '*' },
    seconds: 0
  }
]
for (const { title, headers, seconds } of cases) {
  test(`freshness of a set, ${title}: ${seconds === undefined ? 'not limited' : `${seconds} seconds`}`, (t) => {
    t.is(freshnessLifetime(headers, NOW), seconds === undefined ? undefined : seconds * 1000)
  })
}
