import test, { type ExecutionContext } from 'ava'
import type { CreateHosts } from '../../src/server/application.ts'
import { createKoaHost } from '../../src/server/koa-host.ts'
import { send } from '../helpers/http.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'

const APP = 'https://app.example.com'
const COOKIE = { cookie: { name: '__Host-token' } }

async function start(t: ExecutionContext, cors?: object, createHosts?: CreateHosts) {
  const remote = await startRemote(t, replying('{"id":1}'))
  const claims = [{ from: 'remote', url: remote.url, at: 'data' }]
  const service = await startService(t, {
    createHosts,
    config: JSON.stringify({
      listen: { main: { cors } },
      keys: [
        { kid: 'main', alg: 'HS256', secret: '${ENC_KEY}' },
        { alg: 'RS256', kid: 'rsa', private: toPem(generateKeys('RS256').signing) }
      ],
      revocation: { store: 'memory' },
      routes: [
        {
          issue: '/login',
          claims,
          refresh: { route: '/refresh', recheck: new URL('/recheck', remote.url).href },
          ...COOKIE
        },
        { issue: '/tenants/{tenant}/login', claims, ...COOKIE },
        { issue: '/oauth', protocol: 'oauth', claims, ...COOKIE },
        { issue: '/themis', protocol: 'themis', claims, ...COOKIE },
        {
          issue: '/recipe/jwt',
          protocol: 'supertokens',
          auth: 'none',
          key: 'rsa',
          dynamicKey: 'rsa',
          ...COOKIE
        },
        { issue: '/plain', claims },
        { issue: '/passing', claims: [{ ...claims[0], pass: ['Set-Cookie'] }] },
        {
          issue: '/krakend',
          protocol: 'krakend',
          sign: ['access'],
          lifetime: '1h',
          claims: [{ from: 'remote', url: remote.url, pass: ['set-cookie'] }]
        },
        { logout: '/logout', of: '/login' }
      ]
    })
  })
  const ask = (path: string, headers: Record<string, string>, method = 'POST') =>
    send(service.url + path, { method, headers, ...(method === 'POST' && { body: '{}' }) })
  return { ...service, remote, ask }
}

const SETTING_COOKIES = [
  '/login',
  '/refresh',
  '/tenants/a/login',
  '/oauth',
  '/themis',
  '/recipe/jwt',
  '/passing',
  '/krakend',
  '/logout'
]

for (const [host, createHosts] of [
  ['node:http', undefined],
  ['Koa', createKoaHost]
] as [string, CreateHosts | undefined][]) {
  test(`a request from another site sets no cookie, on ${host}`, async (t) => {
    const { ask, remote, requestLines } = await start(t, undefined, createHosts)
    const cross = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }
    for (const path of SETTING_COOKIES) {
      const { status, headers } = await ask(path, { ...cross, 'content-type': 'text/plain' })
      t.is(status, 403, path)
      t.is(headers['set-cookie'], undefined, path)
    }
    t.is((await ask('/themis', { 'sec-fetch-site': 'cross-site' }, 'GET')).status, 403, 'a link')
    t.is(remote.requests.length, 0, 'nothing was sent on')
    const [line] = await requestLines(1)
    t.like(line, { level: 'info', status: 403, code: 'cross_site' })
    t.is((await ask('/plain', cross)).status, 200, 'a route without a cookie')
  })
}

const requests: [what: string, headers: Record<string, string>, status: number][] = [
  ['of no browser', {}, 200],
  ['of the same origin', { 'sec-fetch-site': 'same-origin', origin: APP }, 200],
  ['of the same site', { 'sec-fetch-site': 'same-site', origin: 'https://www.example.com' }, 200],
  ['of a user', { 'sec-fetch-site': 'none' }, 200],
  ['of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }, 403],
  ['of a link on another site', { 'sec-fetch-site': 'cross-site' }, 403],
  ['of a site of no name', { 'sec-fetch-site': 'other' }, 403],
  ['of a sandboxed page', { 'sec-fetch-site': 'cross-site', origin: 'null' }, 403],
  [
    'of an old browser on this host',
    { origin: 'https://api.example.com', host: 'api.example.com' },
    200
  ],
  [
    'of an old browser on another host',
    { origin: 'https://evil.test', host: 'api.example.com' },
    403
  ],
  [
    'of an old browser on another port',
    { origin: 'https://api.example.com:1', host: 'api.example.com' },
    403
  ],
  [
    'of an old browser, behind a proxy that writes the port of HTTPS',
    { origin: 'https://api.example.com', host: 'API.example.com:443' },
    200
  ],
  [
    'of an old browser, behind a proxy that writes the port of HTTP',
    { origin: 'http://api.example.com', host: 'txtoken', 'x-forwarded-host': 'api.example.com:80' },
    200
  ],
  [
    'of an old browser on the port of another scheme',
    { origin: 'https://api.example.com', host: 'api.example.com:80' },
    403
  ],
  [
    'of an old browser on a host that begins alike',
    { origin: 'https://api.example.com.evil.test', host: 'api.example.com' },
    403
  ],
  ['of an app that has no host', { origin: 'file://', host: 'api.example.com' }, 403],
  ['of an origin without a host', { origin: 'https://', host: 'api.example.com' }, 403],
  [
    'of an origin of another kind',
    { origin: 'app://api.example.com', host: 'api.example.com' },
    403
  ],
  ['of an origin that is empty', { origin: '', host: 'api.example.com' }, 403],
  ['of an old browser, sandboxed', { origin: 'null', host: 'null' }, 403],
  [
    'of an old browser, behind a proxy that asks for another host',
    { origin: APP, host: 'txtoken:8888', 'x-forwarded-host': 'app.example.com' },
    200
  ],
  [
    'of an old browser on another host, behind such a proxy',
    { origin: 'https://evil.test', host: 'txtoken:8888', 'x-forwarded-host': 'app.example.com' },
    403
  ]
]

for (const [what, headers, status] of requests) {
  test(`a login ${what} is answered with ${status}`, async (t) => {
    const { ask } = await start(t)
    const answer = await ask('/login', headers)
    t.is(answer.status, status)
    t.is(answer.headers['set-cookie'] !== undefined, status === 200)
    if (status === 403) t.is(answer.text, '{"message":"Request comes from another site."}')
  })
}

const listed: [what: string, cors: object, status: number][] = [
  ['that CORS names', { origins: [APP], credentials: true }, 200],
  ['that CORS names by its domain', { origins: ['https://*.example.com'] }, 200],
  ['that CORS does not name', { origins: ['https://other.example'], credentials: true }, 403],
  ['that may read answers as everybody may', { origins: ['*'] }, 403]
]

for (const [what, cors, status] of listed) {
  test(`a login of another site ${what} is answered with ${status}`, async (t) => {
    const { ask } = await start(t, cors)
    for (const headers of [{ origin: APP, 'sec-fetch-site': 'cross-site' }, { origin: APP }]) {
      t.is((await ask('/login', headers)).status, status)
    }
  })
}
