import test from 'ava'
import { flatConfig } from '../helpers/config-texts.ts'
import { exchange, statusIn } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { LASTING, makeToken } from '../helpers/tokens.ts'

const TOKEN = makeToken(LASTING)

/** 1,100 fields, which together are no large header. */
const MANY = 'a:\r\n'.repeat(1100)

const refused: [string, string, number][] = [
  ['two Host fields', 'GET /livez HTTP/1.1\r\nHost: a\r\nHost: b', 400],
  ['the same Host twice', 'GET /livez HTTP/1.1\r\nHost: a\r\nhOST: a', 400],
  ['a second Host after many fields', `GET /livez HTTP/1.1\r\nHost: a\r\n${MANY}Host: b`, 400],
  ['no Host', 'GET /livez HTTP/1.1', 400],
  [
    'two Authorization fields',
    `GET /checkToken HTTP/1.1\r\nHost: a\r\nAuthorization: ${TOKEN}\r\nAuthorization: ${TOKEN}`,
    400
  ],
  [
    'a second Authorization after many fields',
    `GET /checkToken HTTP/1.1\r\nHost: a\r\nAuthorization: ${TOKEN}\r\n${MANY}Authorization: b`,
    400
  ],
  ['a target in absolute form', 'GET http://a/livez HTTP/1.1\r\nHost: a', 400],
  ['a target in absolute form of another host', 'GET http://b/livez HTTP/1.1\r\nHost: a', 400],
  ['a target of https', 'GET https://a/livez HTTP/1.1\r\nHost: a', 400],
  ['a target of all', 'GET * HTTP/1.1\r\nHost: a', 400],
  ['a target without a slash', 'GET livez HTTP/1.1\r\nHost: a', 400],
  ['a space in its target', 'GET /livez HTTP/1.1 HTTP/1.1\r\nHost: a', 400],
  ['TRACE', 'TRACE /livez HTTP/1.1\r\nHost: a', 405],
  ['TRACE of nothing', 'TRACE /nothing HTTP/1.1\r\nHost: a', 405],
  ['a method that HTTP does not know', 'STEAL /livez HTTP/1.1\r\nHost: a', 400],
  ['a method in small letters', 'get /livez HTTP/1.1\r\nHost: a', 400],
  ['a version to come', 'GET /livez HTTP/9.9\r\nHost: a', 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM', 400],
  [
    'a length and chunks',
    'POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked',
    400
  ],
  [
    'two lengths',
    'POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 0',
    400
  ],
  ['a length that is none', 'POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: +2', 400],
  ['a length below zero', 'POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: -1', 400],
  [
    'chunks that are not last',
    'POST /getToken HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip',
    400
  ],
  ['a space before a colon', 'GET /livez HTTP/1.1\r\nHost: a\r\nA : b', 400],
  ['a folded field', 'GET /livez HTTP/1.1\r\nHost: a\r\nA: b\r\n c: d', 400],
  ['a zero byte in a field', 'GET /livez HTTP/1.1\r\nHost: a\r\nA: \u0000', 400],
  ['a header over 16 KiB', `GET /livez HTTP/1.1\r\nHost: a\r\nA: ${'x'.repeat(17_000)}`, 431],
  ['a target over 16 KiB', `GET /${'x'.repeat(17_000)} HTTP/1.1\r\nHost: a`, 431]
]

for (const [what, head, status] of refused) {
  test(`a request with ${what} is rejected with ${status}`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const service = await startService(t, { config: flatConfig(remote.url) })
    const text = await exchange(t, service.url, `${head}\r\nConnection: close\r\n\r\n`)
    t.is(statusIn(text), status)
    t.is(remote.connections.length, 0)
    if (status === 405) t.regex(text, /^Allow: /m)
  })
}

const accepted: [string, string, number][] = [
  ['a Host without a value', 'GET /livez HTTP/1.1\r\nHost:', 200],
  ['HTTP/1.0 and no Host', 'GET /livez HTTP/1.0', 200],
  ['an expectation that is unknown', 'GET /livez HTTP/1.1\r\nHost: a\r\nExpect: miracles', 200],
  ['many fields', `GET /livez HTTP/1.1\r\nHost: a\r\n${MANY}B: c`, 200],
  ['the same field of another kind twice', 'GET /livez HTTP/1.1\r\nHost: a\r\nA: b\r\nA: c', 200],
  [
    'a token after many fields',
    `GET /checkToken HTTP/1.1\r\nHost: a\r\n${MANY}Authorization: ${TOKEN}`,
    200
  ],
  [
    'an offer to upgrade',
    'GET /livez HTTP/1.1\r\nHost: a\r\nConnection: upgrade, close\r\nUpgrade: h2c',
    200
  ],
  ['a query on a path without one', 'GET /livez?a HTTP/1.1\r\nHost: a', 200],
  ['a path of two slashes', 'GET //livez HTTP/1.1\r\nHost: a', 404],
  ['OPTIONS of all', 'OPTIONS * HTTP/1.1\r\nHost: a', 404]
]

for (const [what, head, status] of accepted) {
  test(`a request with ${what} is answered with ${status}`, async (t) => {
    const service = await startService(t, { config: flatConfig('http://127.0.0.1:1/') })
    const close = head.includes('Connection:') ? '' : 'Connection: close\r\n'
    const text = await exchange(t, service.url, `${head}\r\n${close}\r\n`)
    t.is(statusIn(text), status)
  })
}

test('CONNECT opens no tunnel', async (t) => {
  const service = await startService(t, { config: flatConfig('http://127.0.0.1:1/') })
  t.is(await exchange(t, service.url, 'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n'), '')
})

test('what follows a rejected request on its connection is a request of its own, or nothing', async (t) => {
  const service = await startService(t, { config: flatConfig('http://127.0.0.1:1/') })
  const next = 'GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  const refusal = await exchange(
    t,
    service.url,
    `POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: ${next.length}\r\n\r\n${next}${next}`
  )
  t.deepEqual(refusal.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 404', 'HTTP/1.1 200'])
  const broken = await exchange(
    t,
    service.url,
    `POST /getToken HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n${next}`
  )
  t.deepEqual(broken.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 400'])
})
