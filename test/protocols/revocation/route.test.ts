import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { post, send } from '../../helpers/http.ts'
import { samplesOf, scrape } from '../../helpers/metrics.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService, type TestService } from '../../helpers/service.ts'
import { createTemporaryFolder } from '../../helpers/temporary-folder.ts'
import { encode, makeToken, readToken } from '../../helpers/tokens.ts'

const API_KEY = 'an API key of the operators'
const ISSUER = 'https://tokens.example.com'
const OTHER_SECRET = 'another secret of thirty-two characters'

test('a revoked token is rejected from then on, and another is not', async (t) => {
  const { url } = await start(t)
  const [token, other] = [await issue(url), await issue(url)]
  t.is(await check(url, token), 200)
  const answer = await revoke(url, { token, token_type_hint: 'refresh_token' })
  t.is(answer.status, 200)
  t.is(answer.text, '')
  t.is(answer.headers['cache-control'], 'no-store')
  const rejected = await send(`${url}/checkToken`, bearer(token))
  t.is(rejected.status, 401)
  t.deepEqual(JSON.parse(rejected.text), { error: 'Token is revoked' })
  t.regex(rejected.headers['www-authenticate'] ?? '', /invalid_token/)
  t.is(await check(url, other), 200)
  t.is((await revoke(url, { token })).status, 200, 'as often as one likes')
  const samples = await scrape(url)
  t.is(samples.get('txtoken_revocation_entries'), 1)
  t.is(samples.get('txtoken_revocation_available'), 1)
  t.is(
    samplesOf(samples, 'txtoken_checks_total')[
      'txtoken_checks_total{route="/checkToken",result="refused",reason="revoked"}'
    ],
    1
  )
})

test('introspection shows a revoked token as inactive, and nothing else', async (t) => {
  const { url } = await start(t)
  const token = await issue(url)
  const introspect = () =>
    send(`${url}/introspect`, {
      method: 'POST',
      headers: { 'api-key': API_KEY, 'content-type': 'application/x-www-form-urlencoded' },
      body: `token=${token}`
    })
  t.true(JSON.parse((await introspect()).text).active)
  await revoke(url, { token })
  t.is((await introspect()).text, '{"active":false}')
})

test('a client authenticates with its secret in the form, and not in two ways', async (t) => {
  const { url } = await start(t)
  const token = await issue(url)
  const ask = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    send(`${url}/revokeToken`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ client_id: 'any', ...form }).toString()
    })
  t.is((await ask({ token })).status, 401)
  t.is((await ask({ token, client_secret: `${API_KEY}x` })).status, 401)
  t.is((await ask({ token, client_secret: API_KEY }, { 'api-key': API_KEY })).status, 400)
  t.is(await check(url, token), 200)
  t.is((await ask({ token, client_secret: API_KEY })).status, 200)
  t.is(await check(url, token), 401)
  t.is((await ask({ sub: 'alice', client_secret: API_KEY })).status, 200)
  // Without authentication anyone may revoke a token, with any secret.
  const { url: open } = await start(t, { auth: undefined })
  const other = await issue(open)
  const body = new URLSearchParams({ token: other, client_secret: 'any' }).toString()
  t.is((await send(`${open}/revokeToken`, { method: 'POST', body })).status, 200)
})

test('every issued token has a unique jti where tokens can be revoked', async (t) => {
  const { url } = await start(t)
  const ids = [await issue(url), await issue(url)].map((token) => claimsOf(token).jti)
  t.regex(ids[0] ?? '', /^[A-Za-z0-9_-]{22}$/)
  t.not(ids[0], ids[1])
})

test('only a token that verifies adds an entry, and the answer is the same for others', async (t) => {
  const { url } = await start(t)
  const token = await issue(url)
  const { payload } = readToken(token)
  const forged = makeToken(payload, { secret: 'a secret that nobody here has given out' })
  const past = makeToken(`{"jti":"old","exp":${Math.floor(Date.now() / 1000) - 3600}}`)
  for (const useless of [forged, past, 'no token at all', `${token}x`, 'a.b.c']) {
    const { status, text } = await revoke(url, { token: useless })
    t.is(status, 200)
    t.is(text, '')
  }
  t.is(await check(url, token), 200)
  t.is((await scrape(url)).get('txtoken_revocation_entries'), 0)
})

test('the other form of an ES256 signature is the same token', async (t) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const { url } = await start(t, { keys: [{ kid: 'ec', alg: 'ES256', private: pem }] })
  const token = await issue(url)
  const twin = respell(token)
  t.not(twin, token)
  t.is(await check(url, twin), 200)
  await revoke(url, { token: twin })
  t.is(await check(url, token), 401)
  t.is(await check(url, twin), 401)
})

test('a token without a jti does not count as revoked', async (t) => {
  const { url } = await start(t)
  const token = makeToken('{"sub":"alice"}', { header: '{"alg":"HS256","kid":"main"}' })
  const { status, text } = await revoke(url, { token })
  t.is(status, 400)
  t.is(JSON.parse(text).error, 'unsupported_token_type')
})

test('revoking a subject covers its tokens of that issuer issued until then', async (t) => {
  const { url } = await start(t)
  const token = await issue(url)
  const iat = Math.floor(Date.now() / 1000) + 200
  const later = makeToken(JSON.stringify({ iss: ISSUER, sub: 'alice', iat }))
  const foreign = makeToken(JSON.stringify({ iss: 'https://other.example', sub: 'alice', iat: 1 }))
  const unknown = makeToken(JSON.stringify({ iss: ISSUER, sub: 'alice' }))
  t.is(await check(url, token), 200)
  t.is((await revoke(url, { sub: 'alice' }, API_KEY)).status, 200)
  t.is(await check(url, token), 401)
  t.is(await check(url, unknown), 401, 'without iat')
  t.is(await check(url, later), 200)
  t.is(await check(url, foreign), 200)
  await revoke(url, { sub: 'alice', iss: 'https://other.example' }, API_KEY)
  t.is(await check(url, foreign), 401)
})

for (const [settings, what, status] of [
  [{ requireExp: false }, 'for good', 401],
  [{ requireExp: false, require: { maxAge: '366d' } }, 'until they are too old', 401],
  [{}, 'for as long as tokens live here', 200]
] as const) {
  test(`tokens of a subject stay revoked ${what} with ${JSON.stringify(settings)}`, async (t) => {
    const store = `file:${join(await createTemporaryFolder(t), 'revoked')}`
    const issuedAt = Date.parse('2030-01-01T00:00:00Z')
    const startAt = (time: number) =>
      startService(t, {
        config: JSON.stringify({
          keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
          revocation: { store },
          routes: [
            { check: '/checkToken', verify: [{ keys: 'all' }], ...settings },
            { revoke: '/revokeToken', auth: { apiKeys: [API_KEY] } }
          ]
        }),
        now: () => time
      })
    const end = 'requireExp' in settings ? {} : { exp: 9_999_999_999 }
    const token = makeToken(JSON.stringify({ sub: 'alice', iat: issuedAt / 1000, ...end }))
    const before = await startAt(issuedAt)
    t.is((await revoke(before.url, { sub: 'alice' })).status, 200)
    await before.close()
    // Expired entries are not read again.
    const { url } = await startAt(issuedAt + 365 * 86_400_000)
    t.is(await check(url, token), status)
  })
}

test('a revoked key verifies no token, even without the kid in the header', async (t) => {
  const { url } = await start(t)
  const token = await issue(url)
  const nameless = makeToken('{"sub":"mallory"}')
  const other = makeToken('{"sub":"alice"}', {
    header: '{"alg":"HS256","kid":"other"}',
    secret: OTHER_SECRET
  })
  t.is(await check(url, nameless), 200)
  t.is((await revoke(url, { kid: 'main' }, API_KEY)).status, 200)
  t.is(await check(url, token), 401)
  t.is(await check(url, nameless), 401)
  t.is(await check(url, other), 200)
})

test('an expired token is still revoked while a route accepts it', async (t) => {
  let time = Date.parse('2030-01-01T00:00:00Z')
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      revocation: {},
      routes: [
        { check: '/checkToken', verify: [{ keys: 'all' }], skew: '5m' },
        { revoke: '/revokeToken' }
      ]
    }),
    now: () => time
  })
  const token = makeToken(JSON.stringify({ jti: 'one', exp: time / 1000 + 60 }))
  time += 60_000 + 120_000
  t.is(await check(url, token), 200)
  t.is((await revoke(url, { token })).status, 200)
  t.is(await check(url, token), 401)
})

test('the caller needs an API key where the route has keys', async (t) => {
  const { url } = await start(t)
  const token = await issue(url)
  const { status, text, headers } = await revoke(url, { token }, 'a wrong key')
  t.is(status, 401)
  t.is(JSON.parse(text).error, 'invalid_client')
  t.is(headers['www-authenticate'], 'Basic realm="txtoken", Bearer')
  t.is(await check(url, token), 200)
})

test('without API keys the holder of a token can revoke it, and nothing else', async (t) => {
  const { url } = await start(t, { auth: undefined })
  const token = await issue(url)
  for (const form of [{ sub: 'alice' }, { kid: 'main' }]) {
    const { status, text } = await revoke(url, form)
    t.is(status, 400)
    t.is(JSON.parse(text).error, 'invalid_request')
  }
  t.is(await check(url, token), 200)
  await revoke(url, { token })
  t.is(await check(url, token), 401)
})

test('a form without anything to revoke gets an error', async (t) => {
  const { url } = await start(t)
  for (const form of ['', 'token=', 'token=a&token=b', 'sub=a&kid=b', 'sub=', 'sub=a&iss=']) {
    const { status, text } = await send(`${url}/revokeToken`, {
      method: 'POST',
      headers: { 'api-key': API_KEY },
      body: form
    })
    t.is(status, 400, form)
    t.is(JSON.parse(text).error, 'invalid_request')
  }
  t.is((await send(`${url}/revokeToken`)).status, 405)
})

test('the route is on the admin listener where there is one', async (t) => {
  const { url, adminUrl } = await start(t, { listen: { admin: {} } })
  const token = await issue(url)
  t.is((await revoke(url, { token })).status, 404)
  t.is((await revoke(adminUrl, { token })).status, 200)
  t.is(await check(url, token), 401)
})

interface StartOptions {
  keys?: object[]
  auth?: object | undefined
  listen?: object
}

/** A service whose tokens are of alice, and can be revoked. */
async function start(t: ExecutionContext, options: StartOptions = {}): Promise<TestService> {
  const remote = await startRemote(t, replying('{"id":1}'))
  const { auth } = { auth: { apiKeys: [API_KEY] }, ...options }
  const keys = [
    { kid: 'main', alg: 'HS256', secret: '${ENC_KEY}' },
    { kid: 'other', alg: 'HS256', secret: OTHER_SECRET }
  ]
  return startService(t, {
    config: JSON.stringify({
      issuer: ISSUER,
      listen: options.listen,
      keys: options.keys ?? keys,
      revocation: {},
      routes: [
        {
          issue: '/getToken',
          claims: [
            { from: 'fixed', set: { sub: 'alice' } },
            { from: 'remote', url: remote.url, at: 'data' }
          ]
        },
        { check: '/checkToken', requireExp: false, skew: '5m', verify: [{ keys: 'all' }] },
        {
          check: '/introspect',
          protocol: 'introspection',
          auth: { apiKeys: [API_KEY] },
          verify: [{ keys: 'all' }]
        },
        { revoke: '/revokeToken', auth }
      ]
    })
  })
}

async function issue(url: string): Promise<string> {
  const { text } = await post(`${url}/getToken`, '{}')
  return JSON.parse(text).token
}

function bearer(token: string) {
  return { headers: { authorization: `Bearer ${token}` } }
}

async function check(url: string, token: string): Promise<number> {
  return (await send(`${url}/checkToken`, bearer(token))).status
}

function revoke(url: string, form: Record<string, string>, apiKey = API_KEY) {
  return send(`${url}/revokeToken`, {
    method: 'POST',
    headers: { 'api-key': apiKey, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString()
  })
}

function claimsOf(token: string): { jti?: string } {
  return JSON.parse(readToken(token).payload)
}

/** The order of the group of P-256 (SEC 2, section 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The signature (r, n - s), which is as valid as (r, s) and can be made without the key. */
function respell(token: string): string {
  const dot = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(dot + 1), 'base64url')
  const s = ORDER - BigInt(`0x${signature.subarray(32).toString('hex')}`)
  const twin = Buffer.from(s.toString(16).padStart(64, '0'), 'hex')
  return `${token.slice(0, dot)}.${encode(Buffer.concat([signature.subarray(0, 32), twin]))}`
}
