import test, { type ExecutionContext } from 'ava'
import { type CreateHosts, createHosts } from '../../src/server/application.ts'
import { createKoaHost } from '../../src/server/koa-host.ts'
import { exchange, openConnection, send } from '../helpers/http.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

const EXP = 2_000_000_000
const TOKEN = makeToken(`{"sub":"ada","id":12345678901234567890,"exp":${EXP}}`)

interface Clock {
  seconds: number
}

async function start(
  t: ExecutionContext,
  route: object = {},
  clock: Clock = { seconds: 1 },
  hosts: CreateHosts = createHosts
) {
  const state = { isReady: true }
  const service = await startService(t, {
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [{ check: '/checkToken', verify: [{ keys: 'all' }], ...route }]
    }),
    now: () => clock.seconds * 1000,
    isReady: () => state.isReady,
    createHosts: hosts
  })
  const ask = (more: Record<string, string> = {}, method = 'GET', path = '/checkToken') =>
    send(service.url + path, { method, headers: { authorization: `Bearer ${TOKEN}`, ...more } })
  return { service, state, ask }
}

for (const cache of ['2MiB', '0B']) {
  test(`tokens are answered, logged and counted on node:http as they are on Koa (cache: ${cache})`, async (t) => {
    const node = await start(t, { cache })
    const koa = await start(t, { cache }, { seconds: 1 }, createKoaHost)
    const headers = { 'x-request-id': 'one' }
    await node.ask()
    await koa.ask()
    for (const method of ['GET', 'POST']) {
      const [{ headers: found, ...answer }, { headers: expected, ...other }] = await Promise.all([
        node.ask(headers, method),
        koa.ask(headers, method)
      ])
      t.deepEqual(answer, other)
      t.deepEqual({ ...found, date: '' }, { ...expected, date: '' })
      t.is(found['x-request-id'], 'one')
    }
    const [lines, others] = await Promise.all([
      node.service.requestLines(3),
      koa.service.requestLines(3)
    ])
    const timeless = (line: object) => ({ ...line, time: 0, durationMs: 0, requestId: '' })
    t.deepEqual(lines.map(timeless), others.map(timeless))
    t.is(lines[1]?.requestId, 'one')
    for (const { service } of [node, koa]) {
      const { text } = await send(`${service.url}/metrics`)
      t.true(
        text.includes('txtoken_checks_total{route="/checkToken",result="valid",reason="none"} 3')
      )
      t.true(
        text.includes('txtoken_requests_total{route="/checkToken",status="200",outcome="ok"} 3')
      )
      t.true(text.includes('txtoken_request_duration_seconds_count{route="/checkToken"} 3'))
    }
  })
}

test('a cached token that has expired is rejected with the message of the route', async (t) => {
  const clock = { seconds: 1 }
  const { ask } = await start(t, {}, clock)
  t.is((await ask()).status, 200)
  t.is((await ask()).status, 200)
  clock.seconds = EXP + 5
  const answer = await ask()
  t.is(answer.status, 401)
  t.is(answer.text, '{"error":"Token is expired"}')
})

test('requests with more than a token are decided by all of their parts', async (t) => {
  const { service, ask } = await start(t)
  for (const _ of [1, 2]) t.is((await ask()).status, 200)
  const authorization = `Bearer ${TOKEN}`

  const twice = await ask({}, 'GET', `/checkToken?access_token=${TOKEN}`)
  t.is(twice.status, 400)
  const body = JSON.stringify({ token: TOKEN })
  const both = await send(`${service.url}/checkToken`, {
    method: 'POST',
    headers: { authorization },
    body
  })
  t.is(both.status, 400)
  const head = `GET /checkToken HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: ${authorization}\r\n`
  t.regex(await exchange(t, service.url, `${head}\r\n`), /^HTTP\/1\.1 200 /)
  for (const more of ['AUTHORIZATION: Bearer x', 'host: b']) {
    t.regex(await exchange(t, service.url, `${head}${more}\r\n\r\n`), /^HTTP\/1\.1 400 /, more)
  }
  t.is((await ask({}, 'PUT')).status, 405)
  t.is((await ask({}, 'GET', '/checktoken')).status, 404)
})

test('a header wins over a cookie, and a second cookie counts where the route reads cookies', async (t) => {
  const { ask } = await start(t, { token: ['header', 'cookie:token'] })
  for (const _ of [1, 2]) t.is((await ask()).status, 200)
  t.is((await ask({ cookie: 'token=none' })).status, 200)
  t.is((await ask({ cookie: `token=${TOKEN}; token=${TOKEN}` })).status, 400)
})

test('a valid token does not replace an API key', async (t) => {
  const apiKey = 'an-api-key-of-20-characters'
  const { ask } = await start(t, { auth: { apiKeys: [apiKey] } })
  for (const _ of [1, 2]) t.is((await ask({ 'api-key': apiKey })).status, 200)
  t.is((await ask()).status, 401)
})

test('once the service stops, an answer closes its connection', async (t) => {
  const { service, state, ask } = await start(t)
  await ask()
  state.isReady = false
  const connection = openConnection(t, service.url)
  connection.write(`GET /checkToken HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`)
  t.regex(await connection.closed, /\r\nConnection: close\r\n/)
})

test('with request logging off, requests are not logged', async (t) => {
  const service = await startService(t, {
    config: JSON.stringify({
      log: { requests: false },
      keys: [{ alg: 'HS256', secret: ENC_KEY }],
      routes: [{ check: '/checkToken', verify: [{ keys: 'all' }] }]
    })
  })
  const token = makeToken(`{"exp":${Math.floor(Date.now() / 1000) + 60}}`)
  for (const _ of [1, 2]) {
    const headers = { authorization: token }
    t.is((await send(`${service.url}/checkToken`, { headers })).status, 200)
  }
  t.deepEqual(service.log, [])
})

for (const hosts of [createHosts, createKoaHost]) {
  test(`a client that disconnects inside its body is logged, and the remote is not called (${hosts.name})`, async (t) => {
    const { service } = await start(t, {}, { seconds: 1 }, hosts)
    const client = openConnection(t, service.url)
    client.write('POST /checkToken HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n')
    client.write('Expect: 100-continue\r\n\r\n{')
    await client.until(/100 Continue/)
    client.socket.destroy()
    const [line] = await service.requestLines(1)
    t.is(line?.code, 'invalid_request')
    t.is(line?.error, 'Request body did not arrive whole.')
  })
}

test('an unexpected error around a route ends its connection, is logged, and leaves the service running', async (t) => {
  let isBroken = true
  const service = await startService(t, {
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: ENC_KEY }],
      routes: [{ check: '/checkToken', verify: [{ keys: 'all' }] }]
    }),
    isReady() {
      if (isBroken) throw new Error('nobody knows')
      return true
    }
  })
  await t.throwsAsync(send(`${service.url}/checkToken`))
  isBroken = false
  t.is((await send(`${service.url}/checkToken`)).status, 401)
  t.true(
    service.log.some(({ msg, error }) => msg === 'response failed' && error === 'nobody knows')
  )
})
