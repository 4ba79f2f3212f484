import test, { type ExecutionContext } from 'ava'
import { problemsOf } from '../../helpers/config.ts'
import { exchange, openConnection, send, statusIn } from '../../helpers/http.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { ENC_KEY, makeToken } from '../../helpers/tokens.ts'

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

test('a valid token gets a 200 without a body, with the claims in headers', async (t) => {
  const { url } = await startGate(t)
  // The second time, the token is cached.
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

test('the header of a missing claim is empty, so that it replaces the one of the client', async (t) => {
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

for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
  test(`${method} is answered at the path and below it`, async (t) => {
    const { url } = await startGate(t)
    for (const path of ['/auth', '/auth/', '/auth/orders/7?x=%zz', '/auth//livez']) {
      t.is((await send(url + path, { method, ...bearing(TOKEN) })).status, 200, path)
      const rejected = await send(url + path, { method })
      t.is(rejected.status, 401, path)
      t.is(rejected.headers['www-authenticate'], 'Bearer')
    }
  })
}

test('paths are compared without decoding, so that none leaves the tree', async (t) => {
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

test('a path that only has the same prefix is not below it', async (t) => {
  const { url } = await startGate(t)
  for (const path of ['/authx', '/Auth', '/auth;x', '/a/auth']) {
    t.is((await send(url + path, bearing(TOKEN))).status, 404, path)
  }
})

test('errors are 401 and 403 with a challenge, without a body and claims', async (t) => {
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

test('an ambiguous request does not pass', async (t) => {
  const { url } = await startGate(t, { token: ['header', 'cookie:token'] })
  const head = `Host: a\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\n`
  for (const [start, more] of [
    ['GET /auth', `Authorization: Bearer ${TOKEN}\r\n`],
    ['GET /auth', `Cookie: token=${TOKEN}; token=${TOKEN}\r\n`],
    ['GET http://elsewhere/auth', '']
  ] as const) {
    const text = await exchange(t, url, `${start} HTTP/1.1\r\n${head}${more}\r\n`)
    t.is(statusIn(text), 401, start + more)
    t.true(text.includes('WWW-Authenticate: Bearer error="invalid_request"'), text)
  }
  t.is((await send(`${url}/auth`, { headers: { cookie: `a=b; token=${TOKEN}` } })).status, 200)
})

test('the body is never read, even if it is too large, compressed or missing', async (t) => {
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

test('an upgrade request is checked like any other', async (t) => {
  const { url } = await startGate(t)
  const text = await exchange(
    t,
    url,
    `GET /auth/socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nAuthorization: ${TOKEN}\r\n\r\n`
  )
  t.is(statusIn(text), 200)
})

test('an unexpected error is a 503', async (t) => {
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

test('too many requests at once are not answered as a rejected token', async (t) => {
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

test('a gate may have its own listener, with the root as its path', async (t) => {
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

test('log and metrics show the path of the gate, never the path of the request', async (t) => {
  const service = await startGate(t)
  await send(`${service.url}/auth/secret/path?access_token=x`, bearing(TOKEN))
  const [line] = await service.requestLines(1)
  t.like(line, { route: '/auth', status: 200 })
  t.false(JSON.stringify(service.log).includes('secret'))
})

const PREFLIGHT = { origin: 'https://app.example', 'access-control-request-method': 'PUT' }
const METHOD = 'x-forwarded-method'

const preflights: [
  title: string,
  method: string,
  headers: Record<string, string>,
  passes: boolean
][] = [
  ['as Traefik and Caddy ask', 'GET', { ...PREFLIGHT, [METHOD]: 'OPTIONS' }, true],
  ['as Envoy asks', 'OPTIONS', PREFLIGHT, true],
  ['as nginx can ask', 'GET', { ...PREFLIGHT, 'x-original-method': 'OPTIONS' }, true],
  ['with a malformed token', 'OPTIONS', { ...PREFLIGHT, authorization: 'Bearer x' }, true],
  ['OPTIONS that is not a preflight', 'GET', { [METHOD]: 'OPTIONS' }, false],
  ['an empty field', 'OPTIONS', { 'access-control-request-method': '' }, false],
  ['a GET', 'GET', PREFLIGHT, false],
  ['a GET in the method field', 'GET', { ...PREFLIGHT, [METHOD]: 'GET' }, false],
  [
    'a method other than the method of the request',
    'OPTIONS',
    { ...PREFLIGHT, [METHOD]: 'PUT' },
    false
  ],
  [
    'two methods in two fields',
    'GET',
    { ...PREFLIGHT, [METHOD]: 'OPTIONS', 'x-original-method': 'PUT' },
    false
  ],
  ['two methods in one field', 'GET', { ...PREFLIGHT, [METHOD]: 'OPTIONS, PUT' }, false],
  ['a method in lower case', 'GET', { ...PREFLIGHT, [METHOD]: 'options' }, false]
]

for (const [title, method, headers, passes] of preflights) {
  test(`preflight: allow ${passes ? 'passes' : 'does not pass'} ${title}`, async (t) => {
    const { url } = await startGate(t, { preflight: 'allow' })
    const answer = await send(`${url}/auth/orders`, { method, headers })
    t.is(answer.status, passes ? 200 : 401)
    if (!passes) return
    t.is(answer.headers['cache-control'], 'no-store')
    t.is(answer.headers['x-auth-user'], '', 'what the client sent under this name is replaced')
    t.is(answer.headers['x-auth-groups'], '')
  })
}

test('two lines with a method are not a preflight, since one may come from the client', async (t) => {
  const { url } = await startGate(t, { preflight: 'allow' })
  const text = await exchange(
    t,
    url,
    'GET /auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccess-Control-Request-Method: PUT\r\n' +
      'X-Forwarded-Method: OPTIONS\r\nX-Forwarded-Method: DELETE\r\n\r\n'
  )
  t.is(statusIn(text), 401)
})

test('without the setting, a preflight needs a token like any request', async (t) => {
  for (const settings of [{}, { preflight: 'check' }]) {
    const { url } = await startGate(t, settings)
    const headers = { ...PREFLIGHT, [METHOD]: 'OPTIONS' }
    t.is((await send(`${url}/auth`, { headers })).status, 401)
    t.is((await send(`${url}/auth`, { method: 'OPTIONS', headers: PREFLIGHT })).status, 401)
  }
})

test('a preflight does not pass without an API key where the gate requires one', async (t) => {
  const key = 'an-api-key-of-20-characters'
  const { url } = await startGate(t, { preflight: 'allow', auth: { apiKeys: [key] } })
  const ask = (headers: object) =>
    send(`${url}/auth`, { method: 'OPTIONS', headers: { ...PREFLIGHT, ...headers } })
  t.is((await ask({})).status, 401)
  t.is((await ask({ 'api-key': key })).status, 200)
})

test('preflight is a setting of gates alone', (t) => {
  const routes = [{ check: '/check', preflight: 'allow', verify: [{ keys: 'all' }] }]
  const keys = [{ alg: 'HS256', secret: '${ENC_KEY}' }]
  t.deepEqual(problemsOf(t, { keys, routes }, { env: { ENC_KEY } }), [
    'routes[0].preflight: only goes with protocol: forward-auth'
  ])
})
