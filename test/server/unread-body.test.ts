/** Requests that are answered with their body unread: the body is not taken for the next request, nor the next request for the body. */
import test from 'ava'
import { createHosts } from '../../src/server/application.ts'
import { createKoaHost } from '../../src/server/koa-host.ts'
import { openConnection, statusIn } from '../helpers/http.ts'
import { startService } from '../helpers/service.ts'
import { LASTING, makeToken } from '../helpers/tokens.ts'

const TOKEN = makeToken(LASTING)
const API_KEY = 'an-api-key-of-20-characters'
const CONFIG = JSON.stringify({
  listen: { main: { port: 8080 }, gate: { port: 8081 } },
  keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
  routes: [
    { check: '/checkToken', verify: [{ keys: 'all' }] },
    { check: '/inHeader', token: ['header', 'query', 'cookie:a'], verify: [{ keys: 'all' }] },
    { check: '/okera', protocol: 'okera', verify: [{ keys: 'all' }] },
    { check: '/keyed', auth: { apiKeys: [API_KEY] }, verify: [{ keys: 'all' }] },
    { check: '/auth', on: 'gate', protocol: 'forward-auth', verify: [{ keys: 'all' }] },
    {
      issue: '/issue/{name}',
      claims: [{ from: 'request', claim: 'name', variable: 'name' }],
      auth: { apiKeys: [API_KEY] },
      lifetime: '1h'
    },
    { keys: '/keys' }
  ]
})
const BEARER = `Authorization: Bearer ${TOKEN}`

/** The request, the status, and the listener. */
const requests: [string, string, number, string?][] = [
  ['a gate that lets pass', `GET /auth HTTP/1.1\r\n${BEARER}`, 200, 'gate'],
  ['a gate that rejects', 'GET /auth HTTP/1.1\r\nAuthorization: x', 401, 'gate'],
  ['a gate that is asked to trace', `TRACE /auth HTTP/1.1\r\n${BEARER}`, 403, 'gate'],
  [
    'a gate that is asked about an upgrade',
    `GET /auth HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n${BEARER}`,
    200,
    'gate'
  ],
  ['a route without a body', 'GET /livez HTTP/1.1', 200],
  ['HEAD', 'HEAD /livez HTTP/1.1', 200],
  ['published keys', 'GET /.well-known/jwks.json HTTP/1.1', 404],
  ['the metrics', 'GET /metrics HTTP/1.1', 200],
  ['tokens in the header alone', `POST /inHeader HTTP/1.1\r\n${BEARER}`, 200],
  ['tokens in the header alone, and none', 'POST /inHeader HTTP/1.1', 401],
  ['the format of Okera', `POST /okera HTTP/1.1\r\n${BEARER}`, 401],
  ['callers with a key, and none', 'POST /keyed HTTP/1.1', 401],
  ['callers with a key, and none, with a variable', 'POST /issue/ada HTTP/1.1', 401],
  ['no route', 'POST /nothing HTTP/1.1', 404],
  ['a route of another method', 'PUT /checkToken HTTP/1.1', 405],
  ['TRACE', 'TRACE /checkToken HTTP/1.1', 405],
  ['OPTIONS', 'OPTIONS /checkToken HTTP/1.1', 200],
  ['an ambiguous request', 'POST /checkToken HTTP/1.1\r\nHost: b', 400],
  ['a body that is compressed', 'POST /checkToken HTTP/1.1\r\nContent-Encoding: gzip', 415]
]

const NEXT = 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'

for (const hosts of [createHosts, createKoaHost]) {
  for (const [what, head, status, listener = 'main'] of requests) {
    test(`${what}: a missing body closes the connection (${hosts.name})`, async (t) => {
      const { urls } = await startService(t, { config: CONFIG, createHosts: hosts })
      for (const body of ['Content-Length: 400\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n']) {
        const connection = openConnection(t, urls.get(listener) ?? '')
        connection.write(`${head}\r\nHost: a\r\n${body}`)
        const text = await connection.closed
        t.is(statusIn(text), status)
        t.regex(text, /^Connection: close\r$/m)
      }
    })

    test(`${what}: an unread body is not taken for the next request (${hosts.name})`, async (t) => {
      const { urls } = await startService(t, { config: CONFIG, createHosts: hosts })
      for (const body of [
        `Content-Length: ${NEXT.length}\r\n\r\n${NEXT}`,
        `Transfer-Encoding: chunked\r\n\r\n${NEXT.length.toString(16)}\r\n${NEXT}\r\n0\r\n\r\n`
      ]) {
        const connection = openConnection(t, urls.get(listener) ?? '')
        connection.write(`${head}\r\nHost: a\r\n${body}`)
        await connection.until(/\r\n\r\n/)
        connection.write('GET /keys HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
        const statuses = (await connection.closed).match(/(?<=HTTP\/1\.1 )\d{3}/g)
        t.deepEqual(statuses, [String(status), '404'])
      }
    })
  }

  test(`a bad chunk is logged as a request, and not as an error (${hosts.name})`, async (t) => {
    const { url, log, requestLines } = await startService(t, {
      config: CONFIG,
      createHosts: hosts
    })
    for (const [head, status] of [
      [`POST /checkToken HTTP/1.1\r\n${BEARER}`, 400],
      [`POST /issue/ada HTTP/1.1\r\napi-key: ${API_KEY}`, 400],
      ['POST /nothing HTTP/1.1', 404]
    ] as const) {
      for (const waits of [false, true]) {
        const before = log.length
        const connection = openConnection(t, url)
        connection.write(`${head}\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`)
        // The chunk comes with the header, or once the body is being read.
        if (waits) await new Promise((resolve) => setTimeout(resolve, 20))
        connection.write('zz\r\n')
        await connection.closed
        await requestLines(before + 1)
        t.is(log.at(-1)?.status, status)
        t.is(typeof log.at(-1)?.requestId, 'string')
      }
    }
    t.deepEqual(
      log.filter(({ level }) => level !== 'info'),
      []
    )
  })
}

for (const hosts of [createHosts, createKoaHost]) {
  test(`100 Continue is sent only where the body is read (${hosts.name})`, async (t) => {
    const { url, urls } = await startService(t, { config: CONFIG, createHosts: hosts })
    const expecting = (head: string, length: number) =>
      `${head}\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`
    const taken = openConnection(t, url)
    taken.write(expecting('POST /checkToken HTTP/1.1', 2))
    await taken.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    taken.write('{}')
    t.is(statusIn(await taken.until(/no token present/)), 401)
    for (const [head, status, listener] of [
      [`GET /auth HTTP/1.1\r\n${BEARER}`, 200, 'gate'],
      ['POST /checkToken HTTP/1.1', 413, 'main'],
      ['POST /keyed HTTP/1.1', 401, 'main'],
      ['POST /issue/ada HTTP/1.1', 401, 'main'],
      ['GET /livez HTTP/1.1', 200, 'main']
    ] as const) {
      const connection = openConnection(t, urls.get(listener) ?? '')
      connection.write(expecting(head, 1_000_000))
      const text = await connection.closed
      t.true(text.startsWith(`HTTP/1.1 ${status} `), text)
    }
  })
}
