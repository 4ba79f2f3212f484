import test, { type ExecutionContext } from 'ava'
import type { CreateHosts } from '../../src/server/application.ts'
import { createKoaHost } from '../../src/server/koa-host.ts'
import { problemsOf } from '../helpers/config.ts'
import { send } from '../helpers/http.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const APP = 'https://app.example.com'
const CORS = { origins: [APP, 'https://*.example.org'], credentials: true, headers: ['X-Mac'] }
const KEYS = [
  { alg: 'HS256', secret: '${ENC_KEY}' },
  { alg: 'RS256', kid: 'rsa', private: toPem(generateKeys('RS256').signing) }
]
const FIXED = { from: 'fixed', set: { a: 1 } }

async function start(t: ExecutionContext, cors: object = CORS, createHosts?: CreateHosts) {
  return startService(t, {
    createHosts,
    config: JSON.stringify({
      listen: { main: { cors }, gate: { port: 0, cors }, admin: {} },
      issuer: 'https://tokens.example.com',
      keys: KEYS,
      routes: [
        { issue: '/login', claims: [FIXED] },
        { issue: '/failing', claims: [{ from: 'remote', url: 'http://127.0.0.1:1/', at: 'data' }] },
        { issue: '/tenants/{tenant}/login', claims: [FIXED] },
        { check: '/check', verify: [{ keys: 'all' }] },
        { check: '/auth', on: 'gate', protocol: 'forward-auth', verify: [{ keys: 'all' }] },
        { keys: '/keys' }
      ]
    })
  })
}

const OPEN = {
  'access-control-allow-origin': APP,
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'X-Request-Id, Retry-After',
  vary: 'Origin'
}

const asked: [what: string, method: string, path: string, status: number][] = [
  ['a token', 'POST', '/login', 200],
  ['a token of a path with a variable', 'POST', '/tenants/a/login', 200],
  ['a login that fails', 'POST', '/failing', 500],
  ['a check without a token', 'GET', '/check', 401],
  ['a path that is not there', 'GET', '/nowhere', 404],
  ['another method', 'PUT', '/login', 405],
  ['another method on a path with a variable', 'GET', '/tenants/a/login', 405],
  ['OPTIONS that is no preflight', 'OPTIONS', '/login', 200]
]

const hosts: [name: string, createHosts: CreateHosts | undefined][] = [
  ['node:http', undefined],
  ['Koa', createKoaHost]
]

for (const [host, createHosts] of hosts) {
  for (const [what, method, path, status] of asked) {
    test(`pages of a listed origin may read the answer to ${what}, others may not, on ${host}`, async (t) => {
      const { url } = await start(t, CORS, createHosts)
      const ask = (headers: Record<string, string>) =>
        send(url + path, { method, headers, ...(method === 'POST' && { body: '{}' }) })
      const answer = await ask({ origin: APP })
      t.is(answer.status, status)
      t.like(answer.headers, OPEN)
      for (const headers of [{}, { origin: 'https://other.example' }, { origin: 'null' }]) {
        const other = await ask(headers as Record<string, string>)
        t.is(other.status, status)
        t.is(other.headers['access-control-allow-origin'], undefined)
        t.is(other.headers['access-control-allow-credentials'], undefined)
        t.is(other.headers.vary, 'Origin', 'caches must know, also without an Origin')
      }
    })
  }
}

function preflight(url: string, origin: string, headers: Record<string, string> = {}) {
  const asking = { origin, 'access-control-request-method': 'POST', ...headers }
  return send(url, { method: 'OPTIONS', headers: asking })
}

test('preflights are answered, on every path', async (t) => {
  const { url, requestLines } = await start(t)
  for (const path of ['/login', '/tenants/a/login', '/check', '/nowhere']) {
    const { status, text, headers } = await preflight(url + path, APP)
    t.is(status, 204, path)
    t.is(text, '')
    t.like(headers, {
      ...OPEN,
      'access-control-allow-methods': 'POST, GET, HEAD',
      'access-control-allow-headers': 'authorization, content-type, x-request-id, x-mac',
      'access-control-max-age': '600'
    })
    t.truthy(headers['x-request-id'])
  }
  const rejected = await preflight(`${url}/login`, 'https://other.example')
  t.is(rejected.status, 403)
  t.is(rejected.headers['access-control-allow-origin'], undefined)
  t.is(rejected.headers.vary, 'Origin')
  const lines = await requestLines(5)
  t.like(lines[0], { method: 'OPTIONS', route: 'none', status: 204 })
  t.like(lines[4], { status: 403, code: 'cross_site' })
})

const origins: [origin: string, isAllowed: boolean][] = [
  ['https://app.example.com', true],
  ['https://app.example.com:443', false],
  ['https://app.example.com:8443', false],
  ['http://app.example.com', false],
  ['https://APP.example.com', false],
  ['https://example.com', false],
  ['https://xapp.example.com', false],
  ['https://app.example.com.evil.test', false],
  ['https://app.example.com, https://app.example.com', false],
  ['https://a.example.org', true],
  ['https://a-b.c.example.org', true],
  ['https://example.org', false],
  ['https://.example.org', false],
  ['https://a..example.org', false],
  ['https://evilexample.org', false],
  ['https://evil-example.org', false],
  ['http://a.example.org', false],
  ['https://a.example.org:8443', false],
  ['https://evil.test/.example.org', false],
  ['https://evil.test?.example.org', false],
  ['https://evil.test#.example.org', false],
  ['https://evil.test:80@a.example.org', false],
  ['https://evil.test\\.example.org', false],
  ['https://*.example.org', false],
  ['null', false],
  ['', false]
]

for (const [origin, isAllowed] of origins) {
  test(`the origin ${JSON.stringify(origin)} is ${isAllowed ? '' : 'not '}allowed`, async (t) => {
    const { url } = await start(t)
    const { headers } = await send(`${url}/check`, { headers: { origin } })
    t.is(headers['access-control-allow-origin'], isAllowed ? origin : undefined)
    t.is((await preflight(`${url}/check`, origin)).status, isAllowed ? 204 : 403)
  })
}

test('* is every origin, without credentials and without Vary', async (t) => {
  const { url } = await start(t, { origins: ['*'], maxAge: '0s' })
  for (const headers of [{}, { origin: 'https://any.example' }, { origin: 'null' }]) {
    const answer = await send(`${url}/check`, { headers: headers as Record<string, string> })
    t.is(answer.headers['access-control-allow-origin'], '*')
    t.is(answer.headers['access-control-allow-credentials'], undefined)
    t.is(answer.headers.vary, undefined)
  }
  const { status, headers } = await preflight(`${url}/login`, 'https://any.example')
  t.is(status, 204)
  t.is(headers['access-control-max-age'], '0')
})

test('without credentials, browsers keep and send no cookies', async (t) => {
  const { url } = await start(t, { origins: [APP] })
  const { headers } = await send(`${url}/check`, { headers: { origin: APP } })
  t.is(headers['access-control-allow-origin'], APP)
  t.is(headers['access-control-allow-credentials'], undefined)
})

const PUBLISHED = ['/.well-known/jwks.json', '/.well-known/openid-configuration', '/keys/rsa']

for (const path of PUBLISHED) {
  test(`${path} can be read from every origin, and * is never beside credentials`, async (t) => {
    const { url } = await start(t)
    for (const headers of [{}, { origin: 'https://any.example' }, { origin: 'null' }]) {
      const answer = await send(url + path, { headers: headers as Record<string, string> })
      t.is(answer.status, 200)
      t.is(answer.headers['access-control-allow-origin'], '*')
      t.is(answer.headers['access-control-allow-credentials'], undefined)
      t.regex(answer.headers.vary ?? '', /Origin/)
    }
    const listed = await send(url + path, { headers: { origin: APP } })
    t.is(listed.headers['access-control-allow-origin'], APP)
    t.is(listed.headers['access-control-allow-credentials'], 'true')
    t.regex(listed.headers.vary ?? '', /Origin/)
  })
}

test('without cors, only public resources can be read from every origin', async (t) => {
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: KEYS,
      routes: [
        { check: '/check', verify: [{ keys: 'all' }] },
        { keys: '/keys' },
        { keys: '/partners', auth: { apiKeys: ['an-api-key-of-20-characters'] } }
      ]
    })
  })
  const allowed = async (path: string) =>
    (await send(url + path, { headers: { origin: APP } })).headers['access-control-allow-origin']
  t.is(await allowed('/.well-known/jwks.json'), '*')
  t.is(await allowed('/keys/rsa/key.pem'), '*')
  for (const path of ['/partners/rsa', '/check', '/nowhere', '/livez', '/metrics']) {
    t.is(await allowed(path), undefined, path)
  }
})

const reading = (headers: Record<string, string>) => ({
  'access-control-request-method': 'GET',
  'access-control-request-headers': 'content-type,traceparent',
  ...headers
})

for (const [host, createHosts] of hosts) {
  test(`a preflight of every origin may read what is published, on ${host}`, async (t) => {
    const { url } = await start(t, CORS, createHosts)
    for (const path of [...PUBLISHED, '/keys/rsa/key.pem', '/.well-known/jwks.json?v=1']) {
      for (const method of ['GET', 'HEAD']) {
        const asking = reading({ 'access-control-request-method': method })
        for (const origin of ['https://any.example', 'null']) {
          const { status, text, headers } = await preflight(url + path, origin, asking)
          t.is(status, 204, path)
          t.is(text, '')
          t.like(headers, {
            'access-control-allow-origin': '*',
            'access-control-allow-methods': 'GET, HEAD',
            'access-control-allow-headers': 'content-type,traceparent',
            'access-control-max-age': '600'
          })
          t.is(headers['access-control-allow-credentials'], undefined)
        }
        const { status, headers } = await preflight(url + path, APP, asking)
        t.is(status, 204)
        t.like(headers, {
          'access-control-allow-origin': APP,
          'access-control-allow-credentials': 'true',
          'access-control-allow-headers': 'content-type,traceparent'
        })
      }
      const { status, headers } = await preflight(url + path, 'https://any.example')
      t.is(status, 403, 'POST')
      t.is(headers['access-control-allow-origin'], undefined)
    }
    for (const path of ['/check', '/login', '/keys', '/keys/', '/keys/a/b', '/tenants/a/login']) {
      t.is((await preflight(url + path, 'https://any.example', reading({}))).status, 403, path)
    }
  })
}

test('without cors, too, only for public resources', async (t) => {
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: KEYS,
      issuer: 'https://tokens.example.com/auth',
      routes: [
        { issue: '/token', protocol: 'oauth', claims: [FIXED] },
        { keys: '/keys' },
        { keys: '/partners', auth: { apiKeys: ['an-api-key-of-20-characters'] } }
      ]
    })
  })
  const ask = (path: string, headers: Record<string, string> = {}) =>
    preflight(url + path, APP, reading(headers))
  for (const path of [
    '/.well-known/jwks.json',
    '/auth/.well-known/jwks.json',
    '/.well-known/oauth-authorization-server',
    '/keys/rsa'
  ]) {
    const { status, headers } = await ask(path)
    t.is(status, 204, path)
    t.like(headers, {
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'content-type,traceparent'
    })
  }
  const wrong = await ask('/keys/rsa', { 'access-control-request-headers': 'a b: "c"' })
  t.is(wrong.status, 204)
  t.is(wrong.headers['access-control-allow-headers'], undefined)
  for (const path of ['/partners/rsa', '/token', '/nowhere', '/livez', '/metrics']) {
    t.is((await ask(path)).headers['access-control-allow-origin'], undefined, path)
  }
})

test('a gate does not answer preflights, since the API behind it does', async (t) => {
  const { urls } = await start(t)
  const answer = await preflight(`${urls.get('gate')}/auth`, APP)
  t.is(answer.status, 401)
  t.is(answer.headers['access-control-allow-origin'], undefined)
  t.is(answer.headers.vary, undefined)
})

const wrong: [what: object, problem: string][] = [
  [{ origins: [] }, 'origins: expected at least one origin, found an empty list'],
  [
    { origins: ['*'], credentials: true },
    'origins: expected the origins that may send cookies, found *'
  ],
  [{ origins: ['*', APP] }, 'origins: expected * alone, or origins'],
  [{ origins: [APP, `${APP}:443`] }, 'origins: expected each origin once'],
  ...[
    'null',
    'app.example.com',
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://user@app.example.com',
    'https://*',
    'https://*.com',
    'https://*.0.0.1',
    'https://app.*.example.com',
    'https://a*.example.com',
    'https://app.example.com:*',
    '*.example.com',
    '/https:.*/'
  ].map((origin): [object, string] => [
    { origins: [origin] },
    'origins[0]: expected an origin such as https://app.example.com, https://*.example.com, or *'
  ]),
  [{ origins: [APP], headers: ['*'] }, 'headers[0]: expected the name of a header'],
  [
    { origins: [APP], maxAge: '2d' },
    'maxAge: expected a duration from 0s to 1d, such as 500ms, 5s, 15m or 1.5h'
  ]
]

for (const [cors, problem] of wrong) {
  test(`cors is rejected: ${JSON.stringify(cors)}`, (t) => {
    const config = {
      listen: { main: { cors } },
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [{ check: '/check', verify: [{ keys: 'all' }] }]
    }
    t.deepEqual(problemsOf(t, config, { env: { ENC_KEY } }), [`listen.main.cors.${problem}`])
  })
}

test('response headers cannot have the fields that cors sets', (t) => {
  const config = {
    listen: {
      main: {
        cors: { origins: [APP] },
        responseHeaders: { 'access-control-allow-origin': APP, 'X-Other': '1' }
      }
    },
    keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [{ check: '/check', verify: [{ keys: 'all' }] }]
  }
  t.deepEqual(problemsOf(t, config, { env: { ENC_KEY } }), [
    'listen.main.responseHeaders.access-control-allow-origin: is set by cors, expected another name'
  ])
})

for (const [written, sent] of [
  ['https://App.Example.com:443', 'https://app.example.com'],
  ['http://localhost:3000', 'http://localhost:3000'],
  ['https://*.LOCALHOST:8443', 'https://a.localhost:8443'],
  ['http://[::1]:3000', 'http://[::1]:3000'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ['capacitor://localhost', 'capacitor://localhost']
] as const) {
  test(`the origin ${written} is normalized to ${sent}, as browsers send it`, async (t) => {
    const { url } = await start(t, { origins: [written] })
    const { headers } = await send(`${url}/check`, { headers: { origin: sent } })
    t.is(headers['access-control-allow-origin'], sent)
  })
}
