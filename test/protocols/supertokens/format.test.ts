import test, { type ExecutionContext } from 'ava'
import { problemsOf } from '../../helpers/config.ts'
import { type Answer, send } from '../../helpers/http.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { createTemporaryFolder } from '../../helpers/temporary-folder.ts'
import { ENC_KEY, readToken } from '../../helpers/tokens.ts'

const BODY = {
  payload: { source: 'microservice' },
  validity: 60,
  useStaticSigningKey: true,
  algorithm: 'RS256',
  jwksDomain: 'http://api.example.com'
}

const ROUTE = { issue: '/recipe/jwt', protocol: 'supertokens' }

async function start(t: ExecutionContext, route: { issue?: string; [name: string]: unknown } = {}) {
  const dir = await createTemporaryFolder(t)
  const generate = (name: string) => ({
    kid: name,
    alg: 'RS256',
    generate: { dir: `${dir}/${name}`, kids: `${name}-{uuid}` }
  })
  const service = await startService(t, {
    config: JSON.stringify({
      keys: [generate('static'), generate('dynamic')],
      routes: [
        {
          ...ROUTE,
          auth: 'none',
          key: 'static',
          dynamicKey: 'dynamic',
          lifetime: '1h',
          ...route
        }
      ]
    })
  })
  async function ask(
    body: string,
    headers: Record<string, string> = {},
    method = 'POST'
  ): Promise<Answer> {
    return send(`${service.url}/recipe/jwt`, { method, body, headers })
  }
  return Object.assign(ask, { log: service.log, url: service.url })
}

test('malformed requests get an error with the message of the core', async (t) => {
  const ask = await start(t)
  const bodyWith = (fields: object) => JSON.stringify({ ...BODY, ...fields })
  for (const [body, text] of [
    ['', 'Invalid Json Input'],
    ['{', 'Invalid Json Input'],
    ['[]', 'Invalid Json Input'],
    ['{}', "Field name 'algorithm' is invalid in JSON input"],
    [bodyWith({ algorithm: 256 }), "Field name 'algorithm' is invalid in JSON input"],
    [bodyWith({ payload: undefined }), "Field name 'payload' is invalid in JSON input"],
    [bodyWith({ payload: [] }), "Field name 'payload' is invalid in JSON input"],
    [
      bodyWith({
        payload: Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [`m${n}`, 0]))
      }),
      "Field name 'payload' is invalid in JSON input"
    ],
    [
      JSON.stringify(BODY).replace('"validity":60', '"validity":9,"validity":60'),
      'Invalid Json Input'
    ],
    [
      JSON.stringify(BODY).replace('"source":', '"source":"a","source":'),
      "Field name 'payload' is invalid in JSON input"
    ],
    [bodyWith({ jwksDomain: null }), "Field name 'jwksDomain' is invalid in JSON input"],
    [bodyWith({ validity: '60' }), "Field name 'validity' is invalid in JSON input"],
    [bodyWith({ validity: null }), "Field name 'validity' is invalid in JSON input"],
    [
      bodyWith({ useStaticSigningKey: 1 }),
      "Field name 'useStaticSigningKey' is invalid in JSON input"
    ],
    [bodyWith({ validity: 0 }), 'validity must be greater than or equal to 0'],
    [bodyWith({ validity: 0.9 }), 'validity must be greater than or equal to 0'],
    [bodyWith({ validity: -1 }), 'validity must be greater than or equal to 0'],
    [bodyWith({ validity: 3601 }), 'validity must be less than or equal to 3600']
  ] as const) {
    const answer = await ask(body)
    t.is(answer.status, 400, text)
    t.is(answer.text, text)
    t.is(answer.headers['content-type'], 'text/html; charset=UTF-8')
  }
})

/** In the order of the core. */
const VERSIONS =
  '2.7 2.8 2.9 2.10 2.11 2.12 2.13 2.14 2.15 2.16 2.17 2.18 2.19 2.20 2.21 3.0 3.1 4.0 5.0 5.1 5.2 5.3 5.4 5.5 5.6'.split(
    ' '
  )

test('every version of the core interface is supported; before 2.21 the static key is the only one', async (t) => {
  const ask = await start(t)
  const { text } = await send(`${ask.url}/apiversion?apiDomain=a&websiteDomain=b`)
  t.deepEqual(JSON.parse(text), { versions: VERSIONS })
  for (const [index, version] of VERSIONS.entries()) {
    const body = JSON.stringify({ ...BODY, useStaticSigningKey: false })
    const answer = await ask(body, { 'cdi-version': version, rid: 'jwt' })
    const { kid } = JSON.parse(readToken(JSON.parse(answer.text).jwt).header)
    t.regex(kid, index < VERSIONS.indexOf('2.21') ? /^static-/ : /^dynamic-/, version)
    const set = await send(`${ask.url}/recipe/jwt/jwks`, { headers: { 'cdi-version': version } })
    t.is(set.status, 200, version)
  }
  const ignored = JSON.stringify({ ...BODY, useStaticSigningKey: 'x' })
  t.is((await ask(ignored, { 'cdi-version': '2.20' })).status, 200)
  t.is((await ask(ignored, { 'cdi-version': '2.21' })).status, 400)
})

test('versions, algorithms and methods that are not supported get an error', async (t) => {
  const ask = await start(t)
  const body = JSON.stringify(BODY)
  for (const [version, message] of [
    ['2.6', 'cdi-version 2.6 not supported'],
    ['4.1', 'cdi-version 4.1 not supported'],
    ['5.7', 'cdi-version 5.7 not supported'],
    ['5.4.0', 'cdi-version 5.4.0 not supported'],
    ['1'.repeat(17), 'cdi-version given not supported'],
    ['5.4, 5.4', 'cdi-version header is invalid'],
    ['<script>', 'cdi-version header is invalid'],
    ['', 'cdi-version header is invalid']
  ] as const) {
    const headers = { 'cdi-version': version }
    const jwks = await send(`${ask.url}/recipe/jwt/jwks`, { headers })
    for (const answer of [await ask(body, headers), await ask('', headers, 'GET'), jwks]) {
      t.deepEqual([answer.status, answer.text], [400, message])
    }
  }

  const algorithm = await ask(JSON.stringify({ ...BODY, algorithm: 'RS512' }))
  t.deepEqual([algorithm.status, algorithm.text], [200, '{"status":"UNSUPPORTED_ALGORITHM_ERROR"}'])
  const small = await ask(JSON.stringify({ ...BODY, algorithm: 'rs256' }))
  t.is(JSON.parse(small.text).status, 'OK')

  for (const [path, method, allowed] of [
    ['/recipe/jwt', 'GET', 'POST'],
    ['/recipe/jwt', 'PUT', 'POST'],
    ['/recipe/jwt', 'DELETE', 'POST'],
    ['/recipe/jwt/jwks', 'POST', 'GET, HEAD'],
    ['/apiversion', 'POST', 'GET, HEAD']
  ] as const) {
    const { status, text, headers } = await send(ask.url + path, { method })
    t.deepEqual([status, text, headers.allow], [405, 'Method not supported', allowed])
    t.is(headers['content-type'], 'text/html; charset=UTF-8')
  }
})

test('a validity with a fraction counts in whole seconds', async (t) => {
  const ask = await start(t)
  for (const validity of [60.9, 0.001 * 60_000 + 0.0000001]) {
    const { text } = await ask(JSON.stringify({ ...BODY, validity }))
    const { iat, exp } = JSON.parse(readToken(JSON.parse(text).jwt).payload)
    t.is(exp - iat, 60)
  }
})

const KEY = 'an-api-key-of-20-characters'

test('the old JWK Set requires an API key, and has no Cache-Control', async (t) => {
  const { url } = await start(t, { auth: { apiKeys: [KEY] } })
  const rejected = await send(`${url}/recipe/jwt/jwks`)
  t.deepEqual([rejected.status, rejected.text], [401, 'Invalid API key'])
  for (const credentials of [
    { 'api-key': KEY },
    { authorization: `bearer ${KEY}` },
    { authorization: KEY }
  ]) {
    const headers = { ...credentials, 'cdi-version': '2.12', rid: 'jwt' }
    const { status, text, headers: given } = await send(`${url}/recipe/jwt/jwks`, { headers })
    t.is(status, 200)
    t.is(given['cache-control'], undefined)
    const { keys } = JSON.parse((await send(`${url}/.well-known/jwks.json`)).text)
    t.is(keys.length, 2)
    t.deepEqual(JSON.parse(text), { keys, status: 'OK' })
  }
})

test('the hello endpoint answers any method, without a key', async (t) => {
  const { url } = await start(t, { auth: { apiKeys: [KEY] } })
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
    const { status, text, headers } = await send(`${url}/hello`, { method })
    t.deepEqual(
      [status, text, headers['content-type']],
      [200, 'Hello', 'text/html; charset=UTF-8'],
      method
    )
  }
})

for (const base of ['', '/auth', '/appid-a1']) {
  test(`a client may name the default app and tenant of the core, here below "${base}"`, async (t) => {
    const { url } = await start(t, {
      issue: `${base}/recipe/jwt`,
      auth: { apiKeys: [KEY] }
    })
    const headers = { 'api-key': KEY }
    for (const prefix of ['', '/public', '/appid-public', '/appid-public/public']) {
      const ask = (path: string, body?: string) =>
        send(url + base + prefix + path, {
          headers,
          ...(body !== undefined && { method: 'POST', body })
        })
      t.is(JSON.parse((await ask('/recipe/jwt', JSON.stringify(BODY))).text).status, 'OK')
      t.is((await send(`${url}${base}${prefix}/recipe/jwt`, { method: 'POST' })).status, 401)
      t.is(JSON.parse((await ask('/recipe/jwt/jwks')).text).keys.length, 2)
      t.deepEqual(JSON.parse((await ask('/apiversion')).text), { versions: VERSIONS })
      t.is((await ask('/hello')).text, 'Hello')
      const set = await ask('/.well-known/jwks.json')
      t.is(JSON.parse(set.text).keys.length, 2)
      t.regex(String(set.headers['cache-control']), /^max-age=\d+, must-revalidate$/)
    }
    for (const prefix of ['/appid-other', '/tenant', '/public/public']) {
      t.is((await send(`${url}${base}${prefix}/recipe/jwt`, { method: 'POST' })).status, 404)
    }
  })
}

test('the JWK Set is on the listener of the route, where its clients fetch it', async (t) => {
  const dir = await createTemporaryFolder(t)
  const { urls } = await startService(t, {
    config: JSON.stringify({
      listen: { core: { port: 0 } },
      keys: [{ kid: 'a', alg: 'RS256', generate: { dir } }],
      routes: [{ ...ROUTE, on: 'core', auth: 'none', key: 'a', dynamicKey: 'a' }]
    })
  })
  const url = urls.get('core')
  for (const prefix of ['', '/appid-public']) {
    const { keys } = JSON.parse((await send(`${url}${prefix}/.well-known/jwks.json`)).text)
    t.is(keys.length, 1)
  }
})

test('a route on a path of the core is rejected at the start', (t) => {
  const problems = problemsOf(t, {
    listen: { other: { port: 0 } },
    keys: [{ kid: 'a', alg: 'RS256', generate: { dir: 'keys' } }],
    routes: [
      { health: '/appid-public/hello' },
      { ...ROUTE, auth: 'none', key: 'a', dynamicKey: 'a' },
      { ...ROUTE, issue: '/public/recipe/jwt', auth: 'none', key: 'a', dynamicKey: 'a' },
      { ...ROUTE, issue: '/b/recipe/jwt', auth: 'none', key: 'a', dynamicKey: 'a' },
      { health: '/hello', on: 'other' }
    ]
  })
  t.deepEqual(problems, [
    'routes[0].health: /appid-public/hello is answered beside /recipe/jwt, expected another path',
    'routes[2].issue: /public/recipe/jwt is answered beside /recipe/jwt, expected another path'
  ])
})

test('the payload reaches the token as written, except reserved claims', async (t) => {
  const ask = await start(t)
  const payload =
    '{"id":12345678901234567890,"sub":"ada","iss":"http://own.example.com","exp":1,"iat":1,"jti":"x","txtoken_use":"service-bearer"}'
  const { text } = await ask(
    JSON.stringify({ ...BODY, payload: 'HERE' }).replace('"HERE"', payload)
  )
  const { jwt } = JSON.parse(text) as { jwt: string }
  t.regex(
    readToken(jwt).payload,
    /^\{"id":12345678901234567890,"sub":"ada","iss":"http:\/\/own\.example\.com","iat":\d+,"exp":\d+\}$/
  )
})

test('the static key signs, unless the request asks for the rotating one', async (t) => {
  const ask = await start(t)
  for (const [useStaticSigningKey, name] of [
    [true, 'static'],
    [undefined, 'static'],
    [null, 'static'],
    [false, 'dynamic']
  ] as const) {
    const { text } = await ask(JSON.stringify({ ...BODY, useStaticSigningKey }))
    const { alg, kid } = JSON.parse(readToken(JSON.parse(text).jwt).header)
    t.is(alg, 'RS256')
    t.regex(kid, new RegExp(`^${name}-`))
  }
})

test('a token over 8 KiB is issued with a warning', async (t) => {
  const ask = await start(t)
  const payload = { text: 'x'.repeat(8192) }
  t.is((await ask(JSON.stringify({ ...BODY, payload }))).status, 200)
  const warning = ask.log.find(({ msg }) => msg === 'token over 8 KiB')
  t.like(warning, { level: 'warn', route: '/recipe/jwt' })
})

test('claims of the configuration win over the payload', async (t) => {
  const ask = await start(t, { claims: [{ from: 'fixed', set: { source: 'core', aud: 'm2' } }] })
  const { jwt } = JSON.parse((await ask(JSON.stringify(BODY))).text) as { jwt: string }
  t.like(JSON.parse(readToken(jwt).payload), { source: 'core', aud: 'm2', iss: BODY.jwksDomain })
})

test('a route that SuperTokens would not find, and unknown keys, are rejected at the start', async (t) => {
  const error = await t.throwsAsync(start(t, { issue: '/jwt', dynamicKey: 'other' }))
  t.regex(
    error?.message ?? '',
    /routes\[0\]\.issue: expected \/recipe\/jwt, or a path that ends so/
  )
  t.regex(error?.message ?? '', /routes\[0\]\.dynamicKey: there is no key with the kid other/)
})

test('keys with another algorithm than the client expects are rejected at the start', async (t) => {
  const config = {
    keys: [{ kid: 'shared', alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [{ ...ROUTE, key: 'shared', dynamicKey: 'shared', auth: 'none' }]
  }
  t.deepEqual(problemsOf(t, config, { env: { ENC_KEY } }), [
    'routes[0].key: expected a key with the alg RS256, found HS256',
    'routes[0].dynamicKey: expected a key with the alg RS256, found HS256'
  ])
})

test('a route without auth does not start, since it signs any claims', (t) => {
  const problemsWith = (route: object) =>
    problemsOf(t, {
      keys: [{ kid: 'a', alg: 'RS256', generate: { dir: 'keys' } }],
      routes: [{ ...ROUTE, key: 'a', dynamicKey: 'a', ...route }]
    })
  const expected =
    'routes[0].auth: expected { apiKeys: [...] }, or none where everybody who reaches the route may have any claims signed'
  t.deepEqual(problemsWith({}), [`${expected}, found nothing`])
  t.deepEqual(problemsWith({ auth: 'all' }), [expected])
  t.deepEqual(problemsWith({ auth: { apiKeys: ['short'] } }), [
    'routes[0].auth.apiKeys[0]: expected at least 20 characters'
  ])
})

test('without API keys, a source may forward the headers that API keys would be in', async (t) => {
  const remote = await startRemote(t, replying('{"role":"admin"}'))
  const source = { from: 'remote', url: remote.url, at: 'data', forward: ['authorization'] }
  const ask = await start(t, { claims: [source] })
  t.is((await ask(JSON.stringify(BODY), { authorization: 'Bearer of the user' })).status, 200)
  t.is(remote.requests[0]?.headers.authorization, 'Bearer of the user')
})

test('the token is also set as a cookie where the route has one', async (t) => {
  const ask = await start(t, { cookie: { name: '__Host-token', sameSite: 'Strict' } })
  const { text, headers } = await ask(JSON.stringify(BODY))
  const { jwt } = JSON.parse(text) as { jwt: string }
  t.deepEqual(headers['set-cookie'], [
    `__Host-token=${jwt}; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Strict`
  ])
})
