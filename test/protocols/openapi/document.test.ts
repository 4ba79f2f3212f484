/** Compares the document of the service with the answers of its routes. */
import test, { type ExecutionContext } from 'ava'
import { type Answer, post, send } from '../../helpers/http.ts'
import { generateKeys, toPem } from '../../helpers/keys.ts'
import {
  assertDocument,
  createAssertDescribed,
  type OpenApiDocument
} from '../../helpers/openapi.ts'
import { refusingUrl, replying, startRemote } from '../../helpers/remote.ts'
import { startService, type TestService } from '../../helpers/service.ts'

const APP = 'https://app.example.com'
const API_KEY = 'an API key of the operators'
const AUTH = { auth: { apiKeys: [API_KEY] } }
const ALL_KEYS = [{ keys: 'all' }]
const COOKIE = { cookie: { name: '__Host-token' } }
/** Sources that pass on a cookie of their remote. */
const PASSING = [{ from: 'remote', url: 'http://127.0.0.1:1/login', pass: ['set-cookie'] }]
const RESPONSE_HEADERS = { 'Strict-Transport-Security': 'max-age=60', 'X-Served-By': 'a, b' }
const SUPERTOKENS = {
  algorithm: 'RS256',
  payload: { sub: 'ada' },
  jwksDomain: 'https://auth.example.com',
  validity: 60
}

/** A service with a route of each kind and protocol, in front of a remote that lets one password pass. */
async function startAll(t: ExecutionContext): Promise<TestService> {
  const remote = await startRemote(t, (response, { body }) =>
    body.includes('wrong')
      ? replying('{}', 401)(response)
      : replying('{"id":1,"access":{"sub":"ada"}}')(response)
  )
  const claims = [
    { from: 'fixed', set: { sub: 'ada' } },
    { from: 'remote', url: remote.url, at: 'data' }
  ]
  const recheck = new URL('/recheck', remote.url).href
  return startService(t, {
    config: JSON.stringify({
      docs: true,
      listen: {
        main: { responseHeaders: RESPONSE_HEADERS, cors: { origins: [APP], credentials: true } },
        admin: {},
        partners: { port: 8001 }
      },
      issuer: 'https://tokens.example.com',
      keys: [
        { alg: 'HS256', secret: '${ENC_KEY}' },
        { alg: 'RS256', kid: 'rsa', private: toPem(generateKeys('RS256').signing) }
      ],
      revocation: { store: 'memory' },
      routes: [
        { issue: '/getToken', claims, refresh: { route: '/refreshToken', recheck }, ...COOKIE },
        { issue: '/relaying', claims, statuses: 'relay', ...AUTH },
        { issue: '/tenants/{tenant}/token', claims },
        {
          issue: '/themis',
          protocol: 'themis',
          key: 'rsa',
          limits: { requests: 9 },
          ...COOKIE,
          claims: [
            { from: 'request', claim: 'mac', header: 'X-Mac', required: true },
            {
              from: 'request',
              claim: 'partner',
              header: 'X-Partner',
              parameter: 'pid',
              required: true
            },
            { from: 'request', claim: 'login', header: 'Authorization' },
            { from: 'request', claim: 'tenant', parameter: 'pid' }
          ]
        },
        { issue: '/oauth/token', protocol: 'oauth', claims, ...COOKIE },
        { issue: '/passing/token', claims: PASSING },
        { issue: '/passing/oauth', protocol: 'oauth', claims: PASSING },
        { issue: '/passing/themis', protocol: 'themis', key: 'rsa', claims: PASSING },
        {
          issue: '/passing/signed',
          protocol: 'krakend',
          claims: PASSING,
          sign: ['access'],
          lifetime: '1h'
        },
        {
          issue: '/signed',
          protocol: 'krakend',
          claims: [{ from: 'remote', url: remote.url }],
          sign: ['access'],
          lifetime: '1h'
        },
        {
          issue: '/recipe/jwt',
          protocol: 'supertokens',
          auth: 'none',
          key: 'rsa',
          dynamicKey: 'rsa',
          ...COOKIE
        },
        { claims: '/claims', of: '/themis', explain: true },
        { check: '/checkToken', verify: ALL_KEYS },
        { check: '/cookies', verify: ALL_KEYS, token: ['cookie:__Host-token'] },
        {
          check: '/gate',
          protocol: 'forward-auth',
          verify: ALL_KEYS,
          headers: { 'X-Auth-User': 'sub' }
        },
        { check: '/reasoning', reasons: true, verify: ALL_KEYS },
        { check: '/okera', protocol: 'okera', verify: ALL_KEYS },
        { check: '/introspect', protocol: 'introspection', verify: ALL_KEYS, ...AUTH },
        { logout: '/logout', of: '/getToken' },
        { revoke: '/revokeToken', on: 'partners', ...AUTH },
        { keys: '/keys', on: 'partners' },
        { health: '/health', on: 'partners' },
        { metrics: '/numbers', on: 'partners' }
      ]
    })
  })
}

function fromSite(url: string, origin: string): Promise<Answer> {
  return send(url, { method: 'POST', headers: { origin, 'sec-fetch-site': 'cross-site' } })
}

async function fetchDocument(url = ''): Promise<OpenApiDocument> {
  return JSON.parse((await send(`${url}/openapi.json`)).text)
}

test('each operation is in exactly one group, by its purpose', async (t) => {
  const { urls } = await startAll(t)
  const groupsOf = async (name: string) => {
    const { paths, tags } = await fetchDocument(urls.get(name))
    const named = tags.map((tag) => tag.name)
    const operations = Object.values(paths)
      .flatMap((item) => Object.values(item))
      .filter((part) => !Array.isArray(part))
    for (const operation of operations) {
      t.is(operation.tags?.length, 1)
      t.true(named.includes(operation.tags?.[0] ?? ''))
    }
    return { named, of: (path: string) => Object.values(paths[path] ?? {}).at(-1)?.tags?.[0] }
  }
  const main = await groupsOf('main')
  t.deepEqual(main.named, ['Issue tokens', 'Check tokens', 'Verify by yourself', 'End tokens'])
  t.is(main.of('/getToken'), 'Issue tokens')
  t.is(main.of('/refreshToken'), 'Issue tokens')
  t.is(main.of('/introspect'), 'Check tokens')
  t.is(main.of('/.well-known/jwks.json'), 'Verify by yourself')
  t.is(main.of('/logout'), 'End tokens')
  t.deepEqual((await groupsOf('admin')).named, ['Operate'])
})

test('each listener describes its own routes alone', async (t) => {
  const { urls } = await startAll(t)
  const pathsOf = async (name: string) => {
    const document = await fetchDocument(urls.get(name))
    await assertDocument(t, document)
    return Object.keys(document.paths).sort()
  }
  t.deepEqual(await pathsOf('main'), [
    '/.well-known/jwks.json',
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
    '/apiversion',
    '/checkToken',
    '/claims',
    '/cookies',
    '/gate',
    '/getToken',
    '/hello',
    '/introspect',
    '/logout',
    '/oauth/token',
    '/okera',
    '/passing/oauth',
    '/passing/signed',
    '/passing/themis',
    '/passing/token',
    '/reasoning',
    '/recipe/jwt',
    '/recipe/jwt/jwks',
    '/refreshToken',
    '/relaying',
    '/signed',
    '/tenants/{tenant}/token',
    '/themis'
  ])
  t.deepEqual(await pathsOf('admin'), ['/healthz', '/livez', '/metrics', '/readyz'])
  t.deepEqual(await pathsOf('partners'), [
    '/.well-known/jwks.json',
    '/.well-known/openid-configuration',
    '/health',
    '/keys/{kid}',
    '/keys/{kid}/jwk.json',
    '/keys/{kid}/key.json',
    '/keys/{kid}/key.pem',
    '/numbers',
    '/revokeToken'
  ])
})

test('routes that issue tokens answer as they are described', async (t) => {
  const { url } = await startAll(t)
  const assertDescribed = createAssertDescribed(t, await fetchDocument(url))
  const json = { 'content-type': 'application/json' }
  const key = { 'api-key': API_KEY }
  const login = (path: string, body: string, headers = {}) =>
    send(url + path, { method: 'POST', headers, body })

  for (const [path, headers] of [
    ['/getToken', json],
    ['/relaying', key],
    ['/oauth/token', json],
    ['/signed', json]
  ] as const) {
    const statuses = []
    for (const body of ['{"password":"right"}', '{"password":"wrong"}', 'no JSON']) {
      const answer = await login(path, body, headers)
      statuses.push(answer.status)
      assertDescribed(path, 'post', answer)
    }
    t.is(statuses[0], 200, path)
    t.deepEqual(
      statuses.slice(1).map((status) => status >= 400),
      [true, true],
      path
    )
  }
  assertDescribed('/relaying', 'post', await login('/relaying', '{}'))
  assertDescribed('/tenants/{tenant}/token', 'post', await login('/tenants/a/token', '{}'))
  const headers = { 'x-mac': '112233445566', 'x-partner': 'a' }
  for (const path of ['/themis', '/claims']) {
    assertDescribed(path, 'get', await send(url + path, { headers }))
    assertDescribed(path, 'post', await login(path, '', headers))
    assertDescribed(path, 'get', await send(url + path))
  }
  for (const path of ['/apiversion', '/hello', '/recipe/jwt/jwks']) {
    assertDescribed(path, 'get', await send(url + path))
  }
  const wrong = await send(`${url}/recipe/jwt/jwks`, { headers: { 'cdi-version': '1' } })
  assertDescribed('/recipe/jwt/jwks', 'get', wrong)
  for (const fields of [{}, { algorithm: 'ES256' }, { validity: 0 }]) {
    const body = JSON.stringify({ ...SUPERTOKENS, ...fields })
    assertDescribed('/recipe/jwt', 'post', await login('/recipe/jwt', body))
  }

  const { refresh_token: token } = JSON.parse((await login('/getToken', '{}')).text)
  const refresh = `grant_type=refresh_token&refresh_token=${token}`
  const first = await post(`${url}/refreshToken`, refresh)
  t.is(first.status, 200)
  assertDescribed('/refreshToken', 'post', first)
  assertDescribed('/refreshToken', 'post', await post(`${url}/refreshToken`, 'refresh_token=none'))
})

test('routes that check tokens answer as they are described', async (t) => {
  const { url } = await startAll(t)
  const document = await fetchDocument(url)
  const assertDescribed = createAssertDescribed(t, document)
  const { token } = JSON.parse((await post(`${url}/getToken`, '{}')).text)
  const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` } })
  const introspect = (body: string, headers = {}) =>
    send(`${url}/introspect`, { method: 'POST', headers, body })
  const answers: [string, string, number, Answer][] = [
    ['/checkToken', 'get', 200, await send(`${url}/checkToken`, bearer(token))],
    ['/checkToken', 'get', 401, await send(`${url}/checkToken`, bearer('a.b.c'))],
    ['/checkToken', 'get', 401, await send(`${url}/checkToken`)],
    ['/checkToken', 'post', 200, await post(`${url}/checkToken`, JSON.stringify({ token }))],
    [
      '/checkToken',
      'post',
      400,
      await post(`${url}/checkToken?access_token=${token}`, JSON.stringify({ token }))
    ],
    [
      '/cookies',
      'get',
      200,
      await send(`${url}/cookies`, { headers: { cookie: `__Host-token=${token}` } })
    ],
    ['/gate', 'get', 200, await send(`${url}/gate`, bearer(token))],
    ['/gate', 'get', 401, await send(`${url}/gate`, bearer('a.b.c'))],
    ['/reasoning', 'get', 401, await send(`${url}/reasoning`, bearer('a.b.c'))],
    ['/okera', 'post', 200, await send(`${url}/okera`, { method: 'POST', ...bearer(token) })],
    ['/okera', 'post', 401, await send(`${url}/okera`, { method: 'POST' })],
    ['/introspect', 'post', 200, await introspect(`token=${token}`, { 'api-key': API_KEY })],
    ['/introspect', 'post', 200, await introspect('token=none', { 'api-key': API_KEY })],
    ['/introspect', 'post', 400, await introspect('', { 'api-key': API_KEY })],
    ['/introspect', 'post', 401, await introspect(`token=${token}`)],
    ['/logout', 'post', 204, await post(`${url}/logout`, '')],
    ['/logout', 'post', 403, await fromSite(`${url}/logout`, 'https://evil.example')],
    ['/logout', 'post', 204, await fromSite(`${url}/logout`, APP)],
    ['/getToken', 'post', 403, await fromSite(`${url}/getToken`, 'https://evil.example')],
    ...(await Promise.all(
      ['/passing/token', '/passing/oauth', '/passing/themis', '/passing/signed'].map(
        async (path): Promise<[string, string, number, Answer]> => [
          path,
          'post',
          403,
          await fromSite(url + path, 'https://evil.example')
        ]
      )
    ))
  ]
  for (const [path, method, status, answer] of answers) {
    t.is(answer.status, status, `${method} ${path}`)
    assertDescribed(path, method, answer)
  }
  t.deepEqual(document.paths['/cookies']?.get?.security, [{ 'cookie-__Host-token': [] }])
  t.deepEqual(document.paths['/introspect']?.post?.security, [
    { apiKey: [] },
    { apiKeyBearer: [] },
    { apiKeyBasic: [] }
  ])
  t.deepEqual(document.paths['/getToken']?.post?.security, undefined)
})

test('routes for operators and for verifiers answer as they are described', async (t) => {
  const { url, adminUrl, urls } = await startAll(t)
  const partners = urls.get('partners') ?? ''
  const ofMain = createAssertDescribed(t, await fetchDocument(url))
  const ofAdmin = createAssertDescribed(t, await fetchDocument(adminUrl))
  const ofPartners = createAssertDescribed(t, await fetchDocument(partners))
  for (const path of [
    '/.well-known/jwks.json',
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration'
  ]) {
    ofMain(path, 'get', await send(url + path))
  }
  for (const path of ['/livez', '/healthz', '/readyz', '/metrics']) {
    ofAdmin(path, 'get', await send(adminUrl + path))
  }
  for (const path of ['/health', '/numbers']) ofPartners(path, 'get', await send(partners + path))
  for (const end of ['', '/key.pem', '/key.json', '/jwk.json']) {
    ofPartners(`/keys/{kid}${end}`, 'get', await send(`${partners}/keys/rsa${end}`))
    ofPartners(`/keys/{kid}${end}`, 'get', await send(`${partners}/keys/none${end}`))
  }
  const headers = { 'api-key': API_KEY }
  for (const body of ['sub=ada', 'token=none', '']) {
    const answer = await send(`${partners}/revokeToken`, { method: 'POST', headers, body })
    ofPartners('/revokeToken', 'post', answer)
  }
  ofPartners('/revokeToken', 'post', await post(`${partners}/revokeToken`, 'sub=ada'))
})

test('headers and parameters that sources take are described', async (t) => {
  const { url } = await startAll(t)
  const { paths } = await fetchDocument(url)
  const taken = [
    ['x-mac', 'header', true],
    ['x-partner', 'header', false],
    ['pid', 'query', false]
  ]
  const namesOf = (path: string) =>
    paths[path]?.get?.parameters?.map(({ name, in: place, required }) => [name, place, required])
  t.deepEqual(namesOf('/themis'), taken)
  t.deepEqual(namesOf('/claims'), [...taken, ['explain', 'query', false]])
})

test('a service that is starting or stopping answers as described', async (t) => {
  const config = (store: string) =>
    JSON.stringify({
      docs: true,
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      revocation: { store },
      routes: [{ check: '/checkToken', verify: ALL_KEYS }]
    })
  const { host } = new URL(await refusingUrl(t))
  const starting = await startService(t, { config: config(`redis://${host}/0`) })
  const stopping = await startService(t, { config: config('memory'), isReady: () => false })
  for (const { url } of [starting, stopping]) {
    const answer = await send(`${url}/readyz`)
    t.is(answer.status, 503)
    createAssertDescribed(t, await fetchDocument(url))('/readyz', 'get', answer)
  }
})

test('a route with a request limit documents its 429', async (t) => {
  const { url } = await startAll(t)
  const { paths } = await fetchDocument(url)
  t.truthy(paths['/themis']?.get?.responses[429])
  t.is(paths['/getToken']?.post?.responses[429], undefined)
})
