import test, { type ExecutionContext } from 'ava'
import { createRemoteJWKSet, flattenedVerify, importJWK, jwtVerify } from 'jose'
import { post, send } from '../../helpers/http.ts'
import { type JwksServer, startJwksServer } from '../../helpers/jwks-server.ts'
import { generateKeys, toPem } from '../../helpers/keys.ts'
import { refusingUrl, replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { readToken } from '../../helpers/tokens.ts'

/** 2030-01-01, and a fraction of a second that no claim may show. */
const NOW_SECONDS = 1_893_456_000
const now = () => NOW_SECONDS * 1000 + 789
const EXP = NOW_SECONDS + 60
const SIM2 = { kty: 'oct', kid: 'sim2', alg: 'HS256', k: Buffer.alloc(32, 2).toString('base64url') }
const LOGIN = '{"user":"john","pass":"doe"}'
const API_KEY = 'an-api-key-of-20-characters'
const ES256_PEM = toPem(generateKeys('ES256').signing)
const REPLY = `{"access_token":{"sub":"1","roles":["a"],"exp":${EXP}},"n":1.50,"refresh_token":{"sub":"1","exp":${EXP}}}`

interface Setup {
  /** More settings of the route. */
  route?: Record<string, unknown>
  /** More settings of the configuration. */
  more?: Record<string, unknown>
  /** More routes. */
  routes?: object[]
}

async function startSigning(t: ExecutionContext, remote: string, setup: Setup = {}) {
  const jwks: JwksServer = await startJwksServer(t, { body: { keys: [SIM2] } })
  const service = await startService(t, {
    now,
    config: JSON.stringify({
      // Another key comes first, so that the route has to name its own.
      keys: [
        { kid: 'other', alg: 'HS256', secret: 'a secret of thirty-two characters or more' },
        { kid: 'sim2', alg: 'HS256', jwksUrl: jwks.url, allowHttp: true }
      ],
      routes: [
        {
          issue: '/token',
          protocol: 'krakend',
          claims: [{ from: 'remote', url: remote }],
          key: 'sim2',
          expiresAt: 'required',
          sign: ['access_token', 'refresh_token'],
          ...setup.route
        },
        ...(setup.routes ?? [])
      ],
      ...setup.more
    })
  })
  return { ...service, jwks, url: `${service.url}/token`, baseUrl: service.url }
}

test('the fields of the reply are replaced by tokens, signed with the key of a remote set', async (t) => {
  const remote = await startRemote(t, replying(REPLY))
  const { url, jwks } = await startSigning(t, remote.url)
  const answer = await post(url, LOGIN)
  t.is(answer.status, 200)
  t.is(answer.headers['content-type'], 'application/json; charset=utf-8')
  t.is(answer.headers['cache-control'], 'no-store')
  t.is(remote.requests[0]?.body.toString(), LOGIN)

  const { access_token: access, refresh_token: refresh, ...rest } = JSON.parse(answer.text)
  t.deepEqual(rest, { n: 1.5 })
  t.is(answer.text, `{"access_token":"${access}","n":1.50,"refresh_token":"${refresh}"}`)
  for (const token of [access, refresh]) {
    t.is(readToken(token).header, '{"alg":"HS256","typ":"JWT","kid":"sim2"}')
    await t.notThrowsAsync(
      jwtVerify(token, await importJWK(SIM2), { currentDate: new Date(now()) })
    )
  }
  t.is(readToken(access).payload, `{"sub":"1","roles":["a"],"iat":${NOW_SECONDS},"exp":${EXP}}`)
  t.is(jwks.requests.length, 1)
})

test('full gives JSON that other implementations verify, with the typ of the route', async (t) => {
  const remote = await startRemote(t, replying(REPLY))
  const { url } = await startSigning(t, remote.url, { route: { full: true, typ: 'at+jwt' } })
  const document = JSON.parse((await post(url, LOGIN)).text)
  t.is(typeof document.access_token, 'string')
  const jws = JSON.parse(document.access_token)
  t.deepEqual(Object.keys(jws), ['payload', 'protected', 'signature'])
  const { payload, protectedHeader } = await flattenedVerify(jws, await importJWK(SIM2))
  t.deepEqual(protectedHeader, { alg: 'HS256', typ: 'at+jwt', kid: 'sim2' })
  t.is(JSON.parse(Buffer.from(payload).toString()).sub, '1')
})

test('a lifetime limits fields with a later exp, or without one', async (t) => {
  const remote = await startRemote(t, replying(`{"a":{"exp":${EXP}},"b":{}}`))
  const route = { expiresAt: undefined, lifetime: '30s', sign: ['a', 'b'] }
  const { url } = await startSigning(t, remote.url, { route })
  const { a, b } = JSON.parse((await post(url, LOGIN)).text)
  for (const token of [a, b]) t.is(JSON.parse(readToken(token).payload).exp, NOW_SECONDS + 30)
})

const unsignable = [
  [
    'a field that is missing',
    '{"access_token":{"exp":1893456060}}',
    'refresh_token: missing from the reply'
  ],
  [
    'a field that is no object',
    '{"access_token":{"exp":1893456060},"refresh_token":"SECRET"}',
    'refresh_token: not an object'
  ],
  [
    'a field without an exp',
    '{"access_token":{"exp":1893456060},"refresh_token":{"sub":"SECRET"}}',
    'refresh_token: no exp'
  ],
  ['an array', '[{"access_token":"SECRET"}]', 'reply is not a JSON object'],
  ['no JSON', 'SECRET', 'reply is not valid JSON']
] as const

for (const [what, reply, error] of unsignable) {
  for (const [statuses, status] of [
    [undefined, 502],
    ['txtoken', 500]
  ] as const) {
    test(`a reply of ${what} is a ${status} with statuses ${statuses ?? 'not given'}, and none of it is answered`, async (t) => {
      const remote = await startRemote(t, replying(reply))
      const { url, requestLines } = await startSigning(t, remote.url, { route: { statuses } })
      const answer = await post(url, LOGIN)
      t.is(answer.status, status)
      t.is(answer.text, JSON.stringify({ error }))
      const [line] = await requestLines(1)
      t.like(line, { code: 'remote_reply', error, level: 'error' })
      t.false(JSON.stringify(line).includes('SECRET'))
    })
  }
}

test('the service bearer is signed with the key of the route, and rejected as a token', async (t) => {
  const remote = await startRemote(t, replying(REPLY))
  const claims = [{ from: 'remote', url: remote.url, bearer: { authorization: 'internal' } }]
  const { url } = await startSigning(t, remote.url, { route: { claims } })
  t.is((await post(url, LOGIN)).status, 200)
  const bearer = remote.requests[0]?.headers.authorization?.replace('Bearer ', '') ?? ''
  const { payload } = await jwtVerify(bearer, await importJWK(SIM2), {
    currentDate: new Date(now())
  })
  t.like(payload, { data: { authorization: 'internal' }, txtoken_use: 'service-bearer' })
})

test('an optional field may be missing', async (t) => {
  const remote = await startRemote(t, replying(`{"access_token":{"exp":${EXP}}}`))
  const sign = ['access_token', { path: 'refresh_token', optional: true }]
  const { url } = await startSigning(t, remote.url, { route: { sign } })
  const answer = await post(url, LOGIN)
  t.is(answer.status, 200)
  t.deepEqual(Object.keys(JSON.parse(answer.text)), ['access_token'])
})

for (const status of [401, 403, 422]) {
  test(`a ${status} of the remote is passed on`, async (t) => {
    const remote = await startRemote(t, replying('{"secret":1}', status))
    const { url } = await startSigning(t, remote.url)
    const answer = await post(url, LOGIN)
    t.is(answer.status, status)
    t.is(answer.text, '{"error":"Remote post status failure."}')
    t.is(answer.headers['www-authenticate'], status === 401 ? 'Bearer' : undefined)
  })
}

for (const status of [201, 202, 299]) {
  test(`a ${status} of the remote keeps its status, and its fields are signed`, async (t) => {
    const remote = await startRemote(t, replying(REPLY, status))
    const { url } = await startSigning(t, remote.url)
    const answer = await post(url, LOGIN)
    t.is(answer.status, status)
    const { access_token: access, refresh_token: refresh } = JSON.parse(answer.text)
    t.is(answer.text, `{"access_token":"${access}","n":1.50,"refresh_token":"${refresh}"}`)
    t.like(JSON.parse(readToken(refresh).payload), { sub: '1', exp: EXP })
  })
}

test('a success with nothing to sign is a 502', async (t) => {
  for (const [body, status] of [
    ['', 204],
    ['', 200],
    ['{}', 201],
    ['[]', 202]
  ] as const) {
    const remote = await startRemote(t, replying(body, status))
    const { url } = await startSigning(t, remote.url)
    const answer = await post(url, LOGIN)
    t.is(answer.status, 502, `${status}`)
    t.deepEqual(Object.keys(JSON.parse(answer.text)), ['error'])
  }
})

test('a remote that fails otherwise, or is unreachable, is a 502', async (t) => {
  const remote = await startRemote(t, replying('{}', 500))
  const first = await startSigning(t, remote.url)
  t.is((await post(first.url, LOGIN)).status, 502)
  const second = await startSigning(t, await refusingUrl(t))
  t.is((await post(second.url, LOGIN)).status, 502)
})

test('once the keys are no longer available, no reply is answered', async (t) => {
  let time = now()
  const remote = await startRemote(t, replying('{"a":{"sub":"1"}}'))
  const jwks = await startJwksServer(t, { body: { keys: [SIM2] } })
  const key = { kid: 'sim2', alg: 'HS256', jwksUrl: jwks.url, allowHttp: true }
  const claims = [{ from: 'remote', url: remote.url }]
  const route = { issue: '/token', protocol: 'krakend', claims, lifetime: '1h', sign: ['a'] }
  const config = JSON.stringify({
    keys: [{ ...key, refresh: '1m', staleLimit: '1h' }],
    routes: [route]
  })
  const { url } = await startService(t, { config, now: () => time })
  t.is((await post(`${url}/token`, LOGIN)).status, 200)
  jwks.reply = { status: 500 }
  time += 2 * 3_600_000
  const answer = await post(`${url}/token`, LOGIN)
  t.is(answer.status, 500)
  t.is(answer.text, '{"error":"No key can sign now."}')
})

test('access and refresh tokens can be revoked by the jti of the backend, or by a generated one', async (t) => {
  const own = `"iss":"https://backend.example","exp":${EXP}`
  const reply = `{"access":{"jti":"1",${own}},"refresh":{"jti":"2",${own}},"other":{${own}}}`
  const remote = await startRemote(t, replying(reply))
  const check = { check: '/check', verify: [{ keys: ['sim2'] }] }
  const { url, baseUrl } = await startSigning(t, remote.url, {
    route: { sign: ['access', 'refresh', 'other'], lifetime: '1h' },
    more: { revocation: { store: 'memory' } },
    routes: [check, { revoke: '/revoke', auth: { apiKeys: [API_KEY] } }]
  })
  const tokens: Record<string, string> = JSON.parse((await post(url, LOGIN)).text)
  const ids = Object.values(tokens).map((token) => JSON.parse(readToken(token).payload).jti)
  t.deepEqual(ids.slice(0, 2), ['1', '2'])
  t.regex(ids[2], /^[\w-]{22}$/)
  for (const token of Object.values(tokens)) {
    t.is((await post(`${baseUrl}/check`, `access_token=${token}`)).status, 200)
    const revoke = { method: 'POST', body: `token=${token}`, headers: { 'api-key': API_KEY } }
    t.is((await send(`${baseUrl}/revoke`, revoke)).status, 200)
    t.is((await post(`${baseUrl}/check`, `access_token=${token}`)).status, 401)
  }
})

test('only JSON is sent to the remote, and only by POST', async (t) => {
  const remote = await startRemote(t, replying(REPLY))
  const { url } = await startSigning(t, remote.url)
  const answer = await post(url, 'user=john')
  t.is(answer.status, 400)
  t.is(answer.text, '{"error":"body is not valid JSON"}')
  t.is((await send(url)).status, 405)
  t.is(remote.requests.length, 0)
})

test('each token is counted, and one over 8 KiB logs a warning', async (t) => {
  const large = `{"sub":"${'x'.repeat(8192)}","exp":${EXP}}`
  const remote = await startRemote(t, replying(`{"all":[${large},{"exp":${EXP}}]}`))
  const service = await startSigning(t, remote.url, { route: { sign: ['all'] } })
  t.is((await post(service.url, LOGIN)).status, 200)
  const warnings = service.log.filter(({ msg }) => msg === 'token over 8 KiB')
  t.is(warnings.length, 1)
  t.like(warnings[0], { route: '/token', level: 'warn' })
  const metrics = await send(service.url.replace('/token', '/metrics'))
  t.regex(metrics.text, /tokens_issued_total\{route="\/token"\} 2/)
})

test('the signed tokens verify with the JWK Set of the service, where the key has a public half', async (t) => {
  const remote = await startRemote(t, replying(`{"a":{"sub":"1"},"b":[{"sub":"2"}]}`))
  const claims = [{ from: 'remote', url: remote.url }]
  const config = JSON.stringify({
    keys: [{ kid: 'main', alg: 'ES256', private: ES256_PEM }],
    routes: [{ issue: '/token', protocol: 'krakend', claims, lifetime: '1h', sign: ['a', 'b'] }]
  })
  const { url } = await startService(t, { config })
  const { a, b } = JSON.parse((await post(`${url}/token`, LOGIN)).text)
  const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`))
  t.is((await jwtVerify(a, keys)).payload.sub, '1')
  t.is((await jwtVerify(b[0], keys)).payload.sub, '2')
})
