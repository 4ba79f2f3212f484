import test from 'ava'
import { createHosts } from '../../src/server/application.ts'
import { createKoaHost } from '../../src/server/koa-host.ts'
import { flatConfig } from '../helpers/config-texts.ts'
import { exchange, send, statusIn } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { LASTING, makeToken } from '../helpers/tokens.ts'

const TOKEN = makeToken(LASTING)

/** 1,100 fields, which together are not a large header. */
const MANY = 'a:\r\n'.repeat(1100)

const rejected: [string, string, number][] = [
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
  [
    'two Content-Type fields',
    'POST /checkToken HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\ncontent-type: a/b',
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

for (const [what, head, status] of rejected) {
  test(`a request with ${what} is rejected with ${status}`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const service = await startService(t, { config: flatConfig(remote.url) })
    const text = await exchange(t, service.url, `${head}\r\nConnection: close\r\n\r\n`)
    t.is(statusIn(text), status)
    t.is(remote.connections.length, 0)
    if (status === 405) t.regex(text, /^HTTP\/1\.1 405 Method Not Allowed\r\n[\s\S]*^Allow: /m)
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

test('bytes after a rejected request are parsed as a new request, or not at all', async (t) => {
  const service = await startService(t, { config: flatConfig('http://127.0.0.1:1/') })
  const next = 'GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  const answer = await exchange(
    t,
    service.url,
    `POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: ${next.length}\r\n\r\n${next}${next}`
  )
  t.deepEqual(answer.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 404', 'HTTP/1.1 200'])
  const broken = await exchange(
    t,
    service.url,
    `POST /getToken HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n${next}`
  )
  t.deepEqual(broken.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 400'])
})

const GATE = JSON.stringify({
  keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
  routes: [
    { check: '/auth', protocol: 'forward-auth', verify: [{ keys: 'all' }] },
    { check: '/a/check', verify: [{ keys: 'all' }] }
  ]
})

/** Targets that are not paths, and paths that URL parsers fail on. */
const targets: [string, number][] = [
  ['http://[::1/', 400],
  ['http://[::1/auth', 401],
  ['http://a:b/auth', 401],
  ['http://a:b/auth/below?x', 401],
  ['http://a:b/authority', 400],
  ['http:///auth', 401],
  ['https://%', 400],
  ['//[::1/', 404],
  ['//a:b@[/auth', 404],
  ['/\\\\[::1/', 404],
  ['/%', 404],
  ['/a/check%', 404],
  ['/?://[', 404]
]

for (const hosts of [createHosts, createKoaHost]) {
  for (const [target, status] of targets) {
    test(`the target ${target} is answered with ${status}, and not logged as an error (${hosts.name})`, async (t) => {
      const service = await startService(t, { config: GATE, createHosts: hosts })
      const text = await exchange(
        t,
        service.url,
        `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
      )
      t.is(statusIn(text), status)
      const [line] = await service.requestLines(1)
      t.is(line?.status, status)
      t.is(typeof line?.requestId, 'string')
      t.deepEqual(
        service.log.filter(({ level }) => level !== 'info'),
        []
      )
    })
  }

  test(`TRACE never passes a gate (${hosts.name})`, async (t) => {
    const { url } = await startService(t, { config: GATE, createHosts: hosts })
    const authorization = `Bearer ${TOKEN}`
    for (const path of ['/auth', '/auth/below']) {
      t.is((await send(url + path, { headers: { authorization } })).status, 200)
      const traced = await send(url + path, { method: 'TRACE', headers: { authorization } })
      t.is(traced.status, 403)
    }
  })
}
