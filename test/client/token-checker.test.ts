import type { ServerResponse } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { SignJWT } from 'jose'
import {
  createTokenChecker,
  type TokenCheckerOptions,
  TokenError,
  type VerifiedClaims
} from '../../src/client/client.ts'
import { ALGORITHMS, type Algorithm } from '../../src/keys/key.ts'
import { createAuthority } from '../helpers/certificates.ts'
import { flatConfig } from '../helpers/config-texts.ts'
import { createFakeClock } from '../helpers/fake-clock.ts'
import { startJwksServer } from '../helpers/jwks-server.ts'
import { generateKeys, type TestKeys, toJwk } from '../helpers/keys.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

const keys = generateKeys('ES256')
const otherKeys = generateKeys('ES256')

/** Most tokens here have no exp, so that they are short to write. */
function createChecker(t: ExecutionContext, options: TokenCheckerOptions) {
  const checker = createTokenChecker({ allowHttp: true, requireExp: false, ...options })
  t.teardown(checker.close)
  return checker
}

/** The decision on a token: its claims, or code, status and reason. */
async function judge(
  { check }: ReturnType<typeof createTokenChecker>,
  token: string | undefined
): Promise<VerifiedClaims | [string, number, string]> {
  try {
    return await check(token)
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    return [error.code, error.status, error.reason]
  }
}

function sign(
  claims: Record<string, unknown>,
  { signing }: TestKeys = keys,
  header: { alg: Algorithm; kid?: string } = { alg: 'ES256', kid: 'one' }
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader(header).sign(signing)
}

function publish(pair: TestKeys, members: object): { body: object } {
  return { body: { keys: [toJwk(pair.verifying, { kid: 'one', ...members })] } }
}

const REJECTED_KEY = ['invalid_token', 401, 'key']
const REJECTED_SIGNATURE = ['invalid_token', 401, 'signature']
const UNAVAILABLE = ['check_unavailable', 503, 'check_unavailable']

test('a token signed with a key of the JWK Set is accepted, with its claims', async (t) => {
  const { url, requests } = await startJwksServer(t, publish(keys, { alg: 'ES256' }))
  const checker = createChecker(t, { jwksUrl: url })
  const claims = { sub: 'ada', groups: ['a'] }
  t.deepEqual(await judge(checker, await sign(claims)), claims)
  t.deepEqual(await judge(checker, await sign(claims, otherKeys)), REJECTED_SIGNATURE)
  t.is(requests.length, 1)
})

test('a missing token and an invalid one give different errors', async (t) => {
  const checker = createChecker(t, { secret: ENC_KEY })
  t.deepEqual(await judge(checker, undefined), ['missing_token', 401, 'missing'])
  t.deepEqual(await judge(checker, ''), ['invalid_token', 401, 'malformed'])
  t.deepEqual(await judge(checker, 'a.b'), ['invalid_token', 401, 'malformed'])
})

test('the algorithm comes from the key, whatever the token names', async (t) => {
  const { verifying } = keys
  const pem = verifying.export({ format: 'pem', type: 'spki' }).toString()
  const { url } = await startJwksServer(t, publish(keys, { alg: 'ES256' }))
  const checker = createChecker(t, { jwksUrl: url })
  const header = '{"alg":"HS256","typ":"JWT","kid":"one"}'
  t.deepEqual(await judge(checker, makeToken('{}', { header, secret: pem })), REJECTED_KEY)
  const unsigned = `${makeToken('{}', { header: '{"alg":"none"}' }).replace(/[^.]+$/, '')}`
  t.deepEqual((await judge(checker, unsigned)) as unknown[], ['invalid_token', 401, 'malformed'])
})

test('a key without alg is used only with the algorithms of the options', async (t) => {
  const rsa = generateKeys('RS256')
  const { url } = await startJwksServer(t, publish(rsa, {}))
  const token = await sign({ sub: 'ada' }, rsa, { alg: 'PS256', kid: 'one' })
  t.deepEqual(await judge(createChecker(t, { jwksUrl: url }), token), UNAVAILABLE)
  const fixed = createChecker(t, { jwksUrl: url, algorithms: ['PS256'] })
  t.deepEqual(await judge(fixed, token), { sub: 'ada' })
  const other = createChecker(t, { jwksUrl: url, algorithms: ['RS256'] })
  t.deepEqual(await judge(other, token), REJECTED_KEY)
})

test('a shared secret in a JWK Set is used only if the options allow it', async (t) => {
  const secret = generateKeys('HS256')
  const { url } = await startJwksServer(t, publish(secret, { alg: 'HS256' }))
  const token = await sign({ sub: 'ada' }, secret, { alg: 'HS256', kid: 'one' })
  t.deepEqual(await judge(createChecker(t, { jwksUrl: url }), token), UNAVAILABLE)
  const checker = createChecker(t, { jwksUrl: url, algorithms: ['HS256'] })
  t.deepEqual(await judge(checker, token), { sub: 'ada' })
})

test('a new key of the issuer is fetched for the first token that names it', async (t) => {
  const server = await startJwksServer(t, publish(otherKeys, { alg: 'ES256', kid: 'zero' }))
  const clock = createFakeClock()
  const checker = createChecker(t, {
    jwksUrl: server.url,
    now: clock.now,
    startTimer: clock.startTimer
  })
  const token = await sign({ sub: 'ada' })
  t.deepEqual(await judge(checker, token), REJECTED_KEY)
  server.reply = publish(keys, { alg: 'ES256' })
  clock.jump(31_000)
  t.deepEqual(await judge(checker, token), { sub: 'ada' })
})

test('while the JWK Set cannot be fetched no token is accepted, and the error does not blame the token', async (t) => {
  const server = await startJwksServer(t, { status: 500 })
  const failures: string[] = []
  const clock = createFakeClock()
  const checker = createChecker(t, {
    jwksUrl: server.url,
    onFailure: ({ message }) => failures.push(message),
    now: clock.now,
    startTimer: clock.startTimer
  })
  const token = await sign({ sub: 'ada' })
  t.deepEqual(await judge(checker, token), UNAVAILABLE)
  t.is(failures[0], `${server.url}: found the status 500, expected 200`)
  server.reply = publish(keys, { alg: 'ES256' })
  clock.jump(31_000)
  t.deepEqual(await judge(checker, token), { sub: 'ada' })

  server.reply = { status: 500 }
  clock.jump(31_000)
  const unknown = await sign({}, otherKeys, { alg: 'ES256', kid: 'new' })
  t.deepEqual(await judge(checker, unknown), UNAVAILABLE)
  t.deepEqual(await judge(checker, token), { sub: 'ada' }, 'keys that are known serve on')
})

test('a JWK Set behind TLS is fetched with the configured authority', async (t) => {
  const authority = createAuthority()
  const { url } = await startJwksServer(t, publish(keys, { alg: 'ES256' }), authority.issue())
  const trusting = createChecker(t, { jwksUrl: url, tls: { ca: authority.cert }, allowHttp: false })
  t.deepEqual(await judge(trusting, await sign({ sub: 'ada' })), { sub: 'ada' })
  const doubting = createChecker(t, { jwksUrl: url, allowHttp: false })
  t.deepEqual(await judge(doubting, await sign({ sub: 'ada' })), UNAVAILABLE)
})

test('https:// for a port without TLS is reported, and so may be the reverse', async (t) => {
  const plain = await startRemote(t, replying('{}'))
  const secure = await startRemote(t, replying('{}'), createAuthority().issue())
  const failureOf = async (options: TokenCheckerOptions) => {
    const failures: string[] = []
    const checker = createChecker(t, {
      ...options,
      onFailure: ({ message }) => failures.push(message)
    })
    t.deepEqual(await judge(checker, await sign({})), UNAVAILABLE)
    return failures[0]
  }
  const url = plain.url.replace('http:', 'https:')
  const found =
    'the server does not use TLS on this port: expected http:// in the URL, or another port'
  t.is(await failureOf({ jwksUrl: url }), `${url}: ${found}`)
  t.is(await failureOf({ endpoint: url }), `${url}: found no answer: ${found}`)
  const endpoint = secure.url.replace('https:', 'http:')
  t.is(
    await failureOf({ endpoint }),
    `${endpoint}: found no answer: connection closed; if the server uses TLS on this port, the URL has to begin with https://`
  )
})

test('a token signed with the shared secret is accepted, only while it is valid', async (t) => {
  const clock = createFakeClock(100_000)
  const checker = createChecker(t, { secret: ENC_KEY, now: clock.now })
  const token = makeToken('{"sub":"ada","nbf":90,"exp":110}')
  t.deepEqual(await judge(checker, token), { sub: 'ada', nbf: 90, exp: 110 })
  t.deepEqual(await judge(checker, makeToken('{}', { secret: 'x'.repeat(32) })), REJECTED_SIGNATURE)
  clock.jump(14_000)
  t.deepEqual(await judge(checker, token), { sub: 'ada', nbf: 90, exp: 110 })
  clock.jump(1000)
  t.deepEqual(await judge(checker, token), ['invalid_token', 401, 'expired'])
  clock.jump(-30_000)
  t.deepEqual(await judge(checker, token), { sub: 'ada', nbf: 90, exp: 110 })
  clock.jump(-1)
  t.deepEqual(await judge(checker, token), ['invalid_token', 401, 'not_yet'])
})

test('a shared secret may have a line end after it, and may be in base64 or hex', async (t) => {
  const bytes = Buffer.from(ENC_KEY)
  for (const options of [
    { secret: `${ENC_KEY}\r\n` },
    { secret: bytes.toString('base64'), secretEncoding: 'base64' },
    { secret: `${bytes.toString('hex')}\n`, secretEncoding: 'hex' }
  ] as const) {
    const checker = createChecker(t, { ...options, requireExp: false })
    t.deepEqual(await judge(checker, makeToken('{}')), {})
  }
})

test('a token without exp is rejected, unless the options allow it', async (t) => {
  const token = makeToken('{"sub":"ada"}')
  const checker = createTokenChecker({ secret: ENC_KEY })
  t.deepEqual(await judge(checker, token), ['invalid_token', 401, 'no_exp'])
  t.deepEqual(await judge(createChecker(t, { secret: ENC_KEY, requireExp: false }), token), {
    sub: 'ada'
  })
})

test('clocks may differ by the tolerance in the options', async (t) => {
  const now = () => 100_000
  const checker = createChecker(t, { secret: ENC_KEY, skewSeconds: 5, now })
  const judged = async (claims: string) => {
    const verdict = await judge(checker, makeToken(claims))
    return Array.isArray(verdict) ? verdict[2] : verdict
  }
  t.deepEqual(await judged('{"iat":105,"nbf":105,"exp":96}'), { iat: 105, nbf: 105, exp: 96 })
  t.is(await judged('{"exp":95}'), 'expired')
  t.is(await judged('{"nbf":106}'), 'not_yet')
  t.deepEqual(await judged('{"iat":160,"exp":200}'), { iat: 160, exp: 200 })
  t.is(await judged('{"iat":161}'), 'future')
})

test('a service bearer is rejected', async (t) => {
  const checker = createChecker(t, { secret: ENC_KEY })
  const bearer = makeToken('{"data":null,"txtoken_use":"service-bearer"}')
  t.deepEqual(await judge(checker, bearer), ['invalid_token', 401, 'bearer'])
})

test('issuer, audience, claims and scopes are required as set in the options', async (t) => {
  const checker = createChecker(t, {
    secret: ENC_KEY,
    issuer: 'https://a.example',
    audience: ['orders', 'billing'],
    require: { claims: { source: 'microservice' }, scopes: ['read'] }
  })
  const good = { iss: 'https://a.example', aud: 'orders', source: 'microservice', scope: 'read' }
  const judged = (claims: object) => judge(checker, makeToken(JSON.stringify(claims)))
  t.deepEqual(await judged(good), good)
  t.deepEqual(await judged({ ...good, iss: 'x' }), ['invalid_token', 401, 'issuer'])
  t.deepEqual(await judged({ ...good, aud: 'x' }), ['invalid_token', 401, 'audience'])
  t.deepEqual(await judged({ ...good, source: 'x' }), ['insufficient_scope', 403, 'claim'])
  t.deepEqual(await judged({ ...good, scope: 'x' }), ['insufficient_scope', 403, 'scope'])
})

test('an endpoint is called for each token, and requirements apply to its answer', async (t) => {
  const service = await startService(t, { config: flatConfig('http://127.0.0.1:1/') })
  const checker = createChecker(t, { endpoint: `${service.url}/checkToken`, audience: 'orders' })
  const end = Math.floor(Date.now() / 1000) + 60
  const claims = { aud: 'orders', exp: end }
  t.deepEqual(await judge(checker, makeToken(JSON.stringify(claims))), claims)
  const forged = makeToken(JSON.stringify(claims), { secret: 'x'.repeat(32) })
  t.deepEqual(await judge(checker, forged), ['invalid_token', 401, 'endpoint'])
  const other = makeToken(JSON.stringify({ ...claims, aud: 'billing' }))
  t.deepEqual(await judge(checker, other), ['invalid_token', 401, 'audience'])
})

test('an endpoint gets the token as a bearer, and the API key where there is one', async (t) => {
  const token = makeToken('{}')
  const { url, requests } = await startRemote(
    t,
    replying(JSON.stringify({ Raw: token, Valid: true }))
  )
  const checker = createChecker(t, { endpoint: url, apiKey: 'key-of-the-endpoint' })
  t.deepEqual(await judge(checker, token), {})
  t.is(requests[0]?.method, 'POST')
  t.is(requests[0]?.headers.authorization, `Bearer ${token}`)
  t.is(requests[0]?.headers['api-key'], 'key-of-the-endpoint')
})

/** The log text for an answer that does not confirm the token. */
const NO_VERDICT = 'found an answer that does not confirm the token'

const answers: [name: string, body: string, status: number, verdict: unknown[], log?: string][] = [
  ['approves another token', '{"Raw":"a.b.c","Valid":true}', 200, UNAVAILABLE, NO_VERDICT],
  ['has no verdict', '{"Raw":"TOKEN"}', 200, UNAVAILABLE, NO_VERDICT],
  ['is no JSON', '<html>', 200, UNAVAILABLE, NO_VERDICT],
  ['is null', 'null', 200, UNAVAILABLE, NO_VERDICT],
  ['is a redirect', '', 302, UNAVAILABLE, 'found the status 302, expected 200'],
  ['is not found', '', 404, UNAVAILABLE, 'found the status 404, expected 200'],
  [
    'has failed',
    '{"Raw":"TOKEN","Valid":true}',
    500,
    UNAVAILABLE,
    'found the status 500, expected 200'
  ],
  ['is 403', '{}', 403, ['insufficient_scope', 403, 'endpoint']]
]

for (const [name, body, status, verdict, ...log] of answers) {
  test(`an endpoint whose answer ${name}: ${verdict[0]}`, async (t) => {
    const token = makeToken('{}')
    const { url } = await startRemote(t, replying(body.replace('TOKEN', token), status))
    const failures: string[] = []
    const onFailure = ({ message }: Error) => failures.push(message)
    const checker = createChecker(t, { endpoint: `${url}?code=hidden`, onFailure })
    t.deepEqual((await judge(checker, token)) as unknown[], verdict)
    t.deepEqual(
      failures,
      log.map((text) => `${url}: ${text}`)
    )
  })
}

test('an endpoint that closes its connection as a token comes is called again, once', async (t) => {
  const token = makeToken('{}')
  const close = ({ socket }: ServerResponse) => void socket?.destroy()
  const answers = [close, replying(JSON.stringify({ Raw: token, Valid: true })), close, close]
  const { url, requests } = await startRemote(t, (response) => answers.shift()?.(response))
  const checker = createChecker(t, { endpoint: url })
  t.deepEqual(await judge(checker, token), {})
  t.deepEqual(await judge(checker, token), UNAVAILABLE)
  t.is(requests.length, 4)
})

test('an endpoint that does not answer in time leaves the token unchecked', async (t) => {
  const { url } = await startRemote(t, () => {})
  const checker = createChecker(t, { endpoint: url, timeoutMs: 50 })
  t.deepEqual(await judge(checker, makeToken('{}')), UNAVAILABLE)
})

const rejectedOptions: [TokenCheckerOptions, string][] = [
  [{}, 'expected exactly one of jwksUrl, secret and endpoint'],
  [
    { secret: ENC_KEY, endpoint: 'https://a' },
    'expected exactly one of jwksUrl, secret and endpoint'
  ],
  [
    { secret: ENC_KEY, audiences: 'orders' } as TokenCheckerOptions,
    'createTokenChecker: unknown option audiences, expected jwksUrl, secret, secretEncoding, endpoint, apiKey, algorithms, issuer, audience, requireExp, skewSeconds, require, allowHttp, tls, timeoutMs, onFailure, now, random, startTimer'
  ],
  [
    { secret: ENC_KEY, require: { source: 'microservice' } as TokenCheckerOptions['require'] },
    'require: unknown option source, expected claims, scopes'
  ],
  [{ secret: ENC_KEY, algorithms: [] }, `algorithms: expected a list of ${ALGORITHMS.join(', ')}`],
  [
    { jwksUrl: 'https://a', algorithms: ['none' as Algorithm] },
    `algorithms: expected a list of ${ALGORITHMS.join(', ')}`
  ],
  ...[0, Number.NaN].map((timeoutMs): [TokenCheckerOptions, string] => [
    { jwksUrl: 'https://a', timeoutMs },
    'timeoutMs: expected a number above 0'
  ]),
  [
    { secret: ENC_KEY, secretEncoding: 'utf8' as 'text' },
    'secretEncoding: expected one of text, base64, hex'
  ],
  [{ jwksUrl: 'https://a', secretEncoding: 'hex' }, 'secretEncoding: only goes with secret'],
  [{ endpoint: 'https://a', apiKey: 'of a file\n' }, 'apiKey: expected text without line breaks'],
  [
    { secret: 'short' },
    'secret: found a secret of 5 bytes, expected at least 32 bytes for HS256 (RFC 7518, section 3.2)'
  ],
  [
    { secret: ENC_KEY, algorithms: ['RS256'] },
    'secret: found a shared secret, expected an RSA key of at least 2048 bits for RS256'
  ],
  [
    { endpoint: 'https://a', algorithms: ['RS256'] },
    'algorithms: expected none, since the endpoint knows them'
  ],
  [{ secret: ENC_KEY, skewSeconds: -1 }, 'skewSeconds: expected a number from 0 to 300'],
  [{ secret: ENC_KEY, skewSeconds: 301 }, 'skewSeconds: expected a number from 0 to 300'],
  [{ secret: ENC_KEY, skewSeconds: Number.NaN }, 'skewSeconds: expected a number from 0 to 300'],
  [
    { secret: ENC_KEY, skewSeconds: '5' as unknown as number },
    'skewSeconds: expected a number from 0 to 300'
  ],
  [{ secret: ENC_KEY, requireExp: '' as unknown as boolean }, 'requireExp: expected true or false'],
  [
    { secret: ENC_KEY, require: { claims: { tenant: undefined as unknown as string } } },
    'require.claims: expected text, a number, true or false for tenant'
  ],
  [
    { secret: ENC_KEY, require: { scopes: 'admin' as unknown as string[] } },
    'require.scopes: expected a list of texts'
  ],
  [
    { jwksUrl: 'http://a', allowHttp: 'false' as unknown as boolean },
    'jwksUrl: expected an https:// URL; plain http:// needs allowHttp: true, for a network that is safe by other means'
  ],
  [
    { jwksUrl: 'http://user:secret@a' },
    'jwksUrl: expected an https:// URL; plain http:// needs allowHttp: true, for a network that is safe by other means'
  ],
  [
    { endpoint: 'nonsense' },
    'endpoint: expected an https:// URL; plain http:// needs allowHttp: true, for a network that is safe by other means'
  ],
  [
    { endpoint: 'https://user:secret@a' },
    'endpoint: expected a URL without a user name and password'
  ]
]

for (const [index, [options, message]] of rejectedOptions.entries()) {
  test(`options that cannot work are rejected at once (${index + 1}): ${message}`, (t) => {
    t.throws(() => createTokenChecker(options), { instanceOf: TypeError, message })
  })
}
