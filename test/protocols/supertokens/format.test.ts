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

async function start(t: ExecutionContext, route: object = {}) {
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
  return Object.assign(ask, { log: service.log })
}

test('requests that are not of the format get an error in the words of the core', async (t) => {
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
    [bodyWith({ jwksDomain: null }), "Field name 'jwksDomain' is invalid in JSON input"],
    [bodyWith({ validity: '60' }), "Field name 'validity' is invalid in JSON input"],
    [bodyWith({ validity: 1.5 }), "Field name 'validity' is invalid in JSON input"],
    [
      bodyWith({ useStaticSigningKey: 1 }),
      "Field name 'useStaticSigningKey' is invalid in JSON input"
    ],
    [bodyWith({ validity: 0 }), 'validity must be greater than or equal to 0'],
    [bodyWith({ validity: -1 }), 'validity must be greater than or equal to 0'],
    [bodyWith({ validity: 3601 }), 'validity must be less than or equal to 3600']
  ] as const) {
    const answer = await ask(body)
    t.is(answer.status, 400, text)
    t.is(answer.text, text)
    t.is(answer.headers['content-type'], 'text/html; charset=UTF-8')
  }
})

test('versions, algorithms and methods that are not supported get an error', async (t) => {
  const ask = await start(t)
  const body = JSON.stringify(BODY)
  const other = await ask(body, { 'cdi-version': '2.9' })
  t.deepEqual([other.status, other.text], [400, 'cdi-version 2.9 not supported'])
  const script = await ask(body, { 'cdi-version': '<script>' })
  t.deepEqual([script.status, script.text], [400, 'cdi-version given not supported'])
  t.is((await ask(body, { 'cdi-version': '5.4' })).status, 200)

  const algorithm = await ask(JSON.stringify({ ...BODY, algorithm: 'RS512' }))
  t.deepEqual([algorithm.status, algorithm.text], [200, '{"status":"UNSUPPORTED_ALGORITHM_ERROR"}'])

  for (const method of ['GET', 'PUT', 'DELETE']) {
    const { status, text, headers } = await ask(body, {}, method)
    t.deepEqual([status, text, headers.allow], [405, 'Method not supported', 'POST'])
  }
})

test('the payload reaches the token as it was written, but for the claims that are not its own', async (t) => {
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

test('the static key signs, unless the one that rotates is asked for', async (t) => {
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

test('a route that SuperTokens would not find, and keys that are not there, are rejected at the start', async (t) => {
  const error = await t.throwsAsync(start(t, { issue: '/jwt', dynamicKey: 'other' }))
  t.regex(
    error?.message ?? '',
    /routes\[0\]\.issue: expected \/recipe\/jwt, or a path that ends so/
  )
  t.regex(error?.message ?? '', /routes\[0\]\.dynamicKey: there is no key with the kid other/)
})

test('keys of another algorithm than that of the client are rejected at the start', async (t) => {
  const config = {
    keys: [{ kid: 'shared', alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [{ ...ROUTE, key: 'shared', dynamicKey: 'shared', auth: 'none' }]
  }
  t.deepEqual(problemsOf(t, config, { env: { ENC_KEY } }), [
    'routes[0].key: expected a key with the alg RS256, found HS256',
    'routes[0].dynamicKey: expected a key with the alg RS256, found HS256'
  ])
})

test('a route that names no callers does not start: any claims are signed for them', (t) => {
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

test('where there are no API keys, a source may have the headers that they would be in', async (t) => {
  const remote = await startRemote(t, replying('{"role":"admin"}'))
  const source = { from: 'remote', url: remote.url, at: 'data', forward: ['authorization'] }
  const ask = await start(t, { claims: [source] })
  t.is((await ask(JSON.stringify(BODY), { authorization: 'Bearer of the user' })).status, 200)
  t.is(remote.requests[0]?.headers.authorization, 'Bearer of the user')
})

test('the token is set as a cookie, too, where the route has one', async (t) => {
  const ask = await start(t, { cookie: { name: '__Host-token', sameSite: 'Strict' } })
  const { text, headers } = await ask(JSON.stringify(BODY))
  const { jwt } = JSON.parse(text) as { jwt: string }
  t.deepEqual(headers['set-cookie'], [
    `__Host-token=${jwt}; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Strict`
  ])
})
