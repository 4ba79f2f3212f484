import { gzipSync } from 'node:zlib'
import test from 'ava'
import { flatConfig, fullConfig } from '../helpers/config-texts.ts'
import { exchange, openConnection, post, send, statusIn } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'

const LIMIT = 1024
const limited = { more: { limits: { body: '1KiB' } } }
const HEAD = 'POST /getToken HTTP/1.1\r\nHost: a\r\n'
const TOO_LARGE = '{"message":"Request body is too large."}'

test('a body of exactly the limit is accepted', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: fullConfig(remote.url, limited) })
  const body = `"${'x'.repeat(LIMIT - 2)}"`
  t.is((await post(`${service.url}/getToken`, body)).status, 200)
  t.is(remote.requests[0]?.body.toString(), body)
})

const large = `"${'x'.repeat(LIMIT - 1)}"`
const huge = `"${'x'.repeat(2 ** 21)}"`
const tooLarge: [string, string][] = [
  ['a length over the limit, and no body yet', `${HEAD}Content-Length: ${LIMIT + 1}\r\n\r\n`],
  ['a length far over the limit', `${HEAD}Content-Length: ${huge.length}\r\n\r\n${huge}`],
  ['a length that no 32 bits hold', `${HEAD}Content-Length: ${2 ** 32 + 1}\r\n\r\n${huge}`],
  [
    'chunks over the limit',
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n${`200\r\n${'x'.repeat(512)}\r\n`.repeat(3)}`
  ],
  [
    'chunks far over the limit',
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n${`200\r\n${'x'.repeat(512)}\r\n`.repeat(4096)}`
  ],
  [
    'a chunk over the limit',
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n401\r\n${'x'.repeat(1025)}\r\n`
  ]
]

for (const [what, request] of tooLarge) {
  test(`a body of ${what} is a 413, and the connection closes`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const service = await startService(t, { config: fullConfig(remote.url, limited) })
    const text = await exchange(t, service.url, request)
    t.is(statusIn(text), 413)
    t.regex(text, /^Connection: close/m)
    t.true(text.endsWith(TOO_LARGE))
    t.is(remote.connections.length, 0)
  })
}

test('a body over the limit that arrived with its header is a 413, and the connection stays open', async (t) => {
  const service = await startService(t, { config: fullConfig('http://127.0.0.1:1/', limited) })
  const connection = openConnection(t, service.url)
  connection.write(`${HEAD}Content-Length: ${large.length}\r\n\r\n${large}`)
  const text = await connection.until(/too large\."\}$/)
  t.is(statusIn(text), 413)
  t.regex(text, /^Connection: keep-alive/m)
  connection.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n')
  t.is(statusIn(await connection.until(/"status":"ok"/)), 200)
})

test('checkToken has the same limit', async (t) => {
  const service = await startService(t, { config: fullConfig('http://127.0.0.1:1/', limited) })
  const answer = await post(`${service.url}/checkToken`, 'x'.repeat(LIMIT + 1))
  t.is(answer.status, 413)
  t.is(answer.text, '{"error":"Request body is too large."}')
  t.is(answer.headers['www-authenticate'], undefined)
})

test('a body of a mebibyte is accepted by default, and not a byte more', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: flatConfig(remote.url) })
  const body = `"${'x'.repeat(2 ** 20 - 2)}"`
  t.is((await post(`${service.url}/getToken`, body)).status, 200)
  t.is((await post(`${service.url}/getToken`, `${body} `)).status, 413)
})

test('a body in chunks of one byte is accepted unchanged', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: flatConfig(remote.url) })
  const body = Buffer.from(JSON.stringify('漢字 😀 '.repeat(1000)))
  const client = openConnection(t, service.url)
  client.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
  const chunks = [...body].flatMap((byte) => [0x31, 0x0d, 0x0a, byte, 0x0d, 0x0a])
  client.write(Buffer.from(chunks))
  client.write('0\r\n\r\n')
  t.is(statusIn(await client.until(/"token":/)), 200)
  t.true(remote.requests[0]?.body.equals(body))
})

for (const encoding of ['gzip', 'deflate', 'br', 'x-gzip', 'identity, gzip', 'nonsense']) {
  test(`a body in the encoding ${encoding} is a 415`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const service = await startService(t, { config: flatConfig(remote.url) })
    const answer = await send(`${service.url}/getToken`, {
      method: 'POST',
      body: gzipSync('{}'),
      headers: { 'content-encoding': encoding }
    })
    t.is(answer.status, 415)
    t.is(answer.text, '{"message":"Request body has a content coding, expected none."}')
    t.is(remote.connections.length, 0)
  })
}

for (const encoding of ['identity', 'Identity', '', 'identity, identity', 'utf-8', '"UTF8"']) {
  test(`a body with the Content-Encoding "${encoding}", which means none, is accepted`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const service = await startService(t, { config: flatConfig(remote.url) })
    const headers = { 'content-encoding': encoding }
    const answer = await send(`${service.url}/getToken`, { method: 'POST', body: '{}', headers })
    t.is(answer.status, 200)
    t.is(remote.requests[0]?.headers['content-encoding'], undefined)
  })
}

for (const [levels, status] of [
  [3, 200],
  [4, 400]
] as const) {
  test(`with a limit of 3 levels, JSON of ${levels} levels is answered with ${status}`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const config = fullConfig(remote.url, { more: { limits: { depth: 3 } } })
    const service = await startService(t, { config })
    const body = '['.repeat(levels) + ']'.repeat(levels)
    t.is((await post(`${service.url}/getToken`, body)).status, status)
  })
}

test('a client that waits for 100 Continue gets it', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: flatConfig(remote.url) })
  const client = openConnection(t, service.url)
  client.write(`${HEAD}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`)
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  client.write('{}')
  t.is(statusIn(await client.until(/"token":/)), 200)
})

test('a client that disconnects inside its body leaves no request in flight, and the remote is not called', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: flatConfig(remote.url) })
  const client = openConnection(t, service.url)
  client.write(`${HEAD}Content-Length: 9\r\nExpect: 100-continue\r\n\r\n{`)
  await client.until(/100 Continue/)
  client.socket.destroy()
  const [line] = await service.requestLines(1)
  t.is(line?.code, 'invalid_request')
  t.is(remote.connections.length, 0)
})

test('two requests in one packet are answered in order', async (t) => {
  const remote = await startRemote(t, (response, { body }) => response.end(body))
  const service = await startService(t, { config: flatConfig(remote.url) })
  const requests = ['1', '2'].map((body) => `${HEAD}Content-Length: 1\r\n\r\n${body}`).join('')
  const client = openConnection(t, service.url)
  client.write(requests)
  const text = await client.until(/"token":.*"token":/s)
  const payloads = [...text.matchAll(/"token":"[\w-]+\.([\w-]+)/g)].map(
    ([, payload]) => JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()).data
  )
  t.deepEqual(payloads, [1, 2])
})
