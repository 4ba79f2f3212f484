import test, { type ExecutionContext } from 'ava'
import { exchange, openConnection, send, statusIn } from '../../helpers/http.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { makeToken } from '../../helpers/tokens.ts'

const NOW_SECONDS = 1_893_456_000
const now = () => NOW_SECONDS * 1000
const CLAIMS = { sub: 'ada', groups: ['staff', 'a,b'], exp: NOW_SECONDS + 60 }
const TOKEN = makeToken(JSON.stringify(CLAIMS))
const HEADERS = { 'X-Auth-User': 'sub', 'X-Auth-Groups': 'groups' }

async function startGate(t: ExecutionContext, settings: object = {}, more: object = {}) {
  const route = { check: '/auth', protocol: 'forward-auth', verify: [{ keys: 'all' }] }
  return startService(t, {
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [{ ...route, headers: HEADERS, ...settings }],
      ...more
    }),
    now
  })
}

function bearing(token: string) {
  return { headers: { authorization: `Bearer ${token}` } }
}

test('a good token is a 200 without a body, with the claims in headers', async (t) => {
  const { url } = await startGate(t)
  // The second time, the token is known.
  for (const _ of [1, 2]) {
    const answer = await send(`${url}/auth`, bearing(TOKEN))
    t.is(answer.status, 200)
    t.is(answer.text, '')
    t.is(answer.headers['content-length'], '0')
    t.is(answer.headers['content-type'], undefined)
    t.is(answer.headers['cache-control'], 'no-store')
    t.is(answer.headers['x-auth-user'], 'ada')
    t.is(answer.headers['x-auth-groups'], 'staff,a%2Cb')
  }
})

test('a header whose claim is not there is empty, so that it replaces what the client sent', async (t) => {
  const { url } = await startGate(t)
  const token = makeToken(JSON.stringify({ exp: CLAIMS.exp, groups: { admin: true } }))
  const headers = { authorization: token, 'x-auth-user': 'root', 'x-auth-groups': 'admin' }
  for (const _ of [1, 2]) {
    const answer = await send(`${url}/auth`, { headers })
    t.is(answer.status, 200)
    t.is(answer.headers['x-auth-user'], '')
    t.is(answer.headers['x-auth-groups'], '')
  }
})

for (const method of [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
  'TRACE'
]) {
  test(`${method} is asked about at the path and below it`, async (t) => {
    const { url } = await startGate(t)
    for (const path of ['/auth', '/auth/', '/auth/orders/7?x=%zz', '/auth//livez']) {
      t.is((await send(url + path, { method, ...bearing(TOKEN) })).status, 200, path)
      const refused = await send(url + path, { method })
      t.is(refused.status, 401, path)
      t.is(refused.headers['www-authenticate'], 'Bearer')
    }
  })
}

test('there is no way out of the tree: paths are compared as they came', async (t) => {
  const { url } = await startGate(t)
  for (const path of ['/auth/../livez', '/auth/%2e%2e/livez', '/auth/..;/livez', '/auth/.']) {
    const text = await exchange(
      t,
      url,
      `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
    )
    t.is(statusIn(text), 401, path)
  }
})

test('what only begins like the path is not below it', async (t) => {
  const { url } = await startGate(t)
  for (const path of ['/authx', '/Auth', '/auth;x', '/a/auth']) {
    t.is((await send(url + path, bearing(TOKEN))).status, 404, path)
  }
})

test('errors are 401 and 403 with a challenge, and have no body and no claims', async (t) => {
  const { url } = await startGate(t, { require: { scopes: ['read'] }, reasons: true })
  const denied = await send(`${url}/auth`, bearing(TOKEN))
  t.is(denied.status, 403)
  t.is(
    denied.headers['www-authenticate'],
    'Bearer error="insufficient_scope", error_description="Token does not have the scope that is required", scope="read", reason="scope"'
  )
  const expired = await send(`${url}/auth`, bearing(makeToken('{"exp":1,"sub":"ada"}')))
  t.is(expired.status, 401)
  t.is(
    expired.headers['www-authenticate'],
    'Bearer error="invalid_token", error_description="Token is expired", reason="expired"'
  )
  for (const { text, headers } of [denied, expired]) {
    t.is(text, '')
    t.is(headers['x-auth-user'], undefined)
    t.is(headers['cache-control'], 'no-store')
  }
})

test('a request that means different things to different servers may not pass', async (t) => {
  const { url } = await startGate(t, { token: ['header', 'cookie:token'] })
  const head = `Host: a\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\n`
  for (const [start, more] of [
    ['GET /auth', `Authorization: Bearer ${TOKEN}\r\n`],
    ['GET /auth', `Cookie: token=${TOKEN}\r\n`],
    ['GET http://elsewhere/auth', '']
  ] as const) {
    const text = await exchange(t, url, `${start} HTTP/1.1\r\n${head}${more}\r\n`)
    t.is(statusIn(text), 401, start + more)
    t.true(text.includes('WWW-Authenticate: Bearer error="invalid_request"'), text)
  }
  t.is((await send(`${url}/auth`, { headers: { cookie: `a=b; token=${TOKEN}` } })).status, 200)
})

test('the body is never read: not when it is too large, compressed, or does not come', async (t) => {
  const { url } = await startGate(t, {}, { limits: { body: '10B' } })
  const large = await send(`${url}/auth`, {
    method: 'POST',
    ...bearing(TOKEN),
    body: 'x'.repeat(9999)
  })
  t.is(large.status, 200)
  const headers = { ...bearing(TOKEN).headers, 'content-encoding': 'gzip' }
  t.is((await send(`${url}/auth`, { method: 'POST', headers, body: 'x' })).status, 200)
  const waiting = openConnection(t, url)
  waiting.write(
    `POST /auth HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\nAuthorization: ${TOKEN}\r\n\r\n`
  )
  t.is(statusIn(await waiting.until(/\r\n\r\n/)), 200)
})

test('a request for another protocol is a request like others', async (t) => {
  const { url } = await startGate(t)
  const text = await exchange(
    t,
    url,
    `GET /auth/socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nAuthorization: ${TOKEN}\r\n\r\n`
  )
  t.is(statusIn(text), 200)
})

test('what breaks on our side is a 503', async (t) => {
  const verify = [
    { jwks: 'http://127.0.0.1:1/', allowHttp: true, issuer: 'https://a', algorithms: ['ES256'] }
  ]
  const { url } = await startGate(t, { verify })
  const claims = JSON.stringify({ iss: 'https://a', ...CLAIMS })
  const answer = await send(
    `${url}/auth`,
    bearing(makeToken(claims, { header: '{"alg":"ES256"}' }))
  )
  t.is(answer.status, 503)
  t.is(answer.text, '')
  t.is(answer.headers['www-authenticate'], undefined)
})

test('where there are too many requests at once, no answer rejects the token', async (t) => {
  let reply = () => {}
  const slow = await startRemote(t, (response) => {
    reply = () => replying('{"sub":"ada"}')(response)
  })
  const verify = [{ endpoint: slow.url, allowHttp: true, timeout: '60s' }]
  const { url } = await startGate(t, { verify, limits: { requests: 1 } })
  const first = send(`${url}/auth`, bearing(TOKEN))
  await slow.asked()
  const second = await send(`${url}/auth`, bearing(TOKEN))
  t.is(second.status, 503)
  t.is(second.headers['retry-after'], '1')
  reply()
  t.is((await first).status, 200)
})

test('a gate may have a listener to itself, from its root on', async (t) => {
  const listen = { main: { port: 0 }, gate: { port: 0 } }
  const routes = [
    { check: '/', on: 'gate', protocol: 'forward-auth', verify: [{ keys: 'all' }] },
    { check: '/check', verify: [{ keys: 'all' }] }
  ]
  const { url, urls } = await startGate(t, {}, { listen, routes })
  t.is((await send(`${url}/readyz`)).status, 200)
  for (const path of [
    '/',
    '/readyz',
    '/metrics',
    '/.well-known/jwks.json',
    '/check',
    '/any/thing'
  ]) {
    t.is((await send((urls.get('gate') ?? '') + path)).status, 401, path)
    t.is((await send((urls.get('gate') ?? '') + path, bearing(TOKEN))).status, 200, path)
  }
})

test('its path is what log and metrics know a request by, never the path that was asked about', async (t) => {
  const service = await startGate(t)
  await send(`${service.url}/auth/secret/path?access_token=x`, bearing(TOKEN))
  const [line] = await service.requestLines(1)
  t.like(line, { route: '/auth', status: 200 })
  t.false(JSON.stringify(service.log).includes('secret'))
})
