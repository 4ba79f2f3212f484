import { createHmac, type KeyObject, sign } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { eventually } from '../../helpers/eventually.ts'
import { send } from '../../helpers/http.ts'
import { type JwksServer, startJwksServer } from '../../helpers/jwks-server.ts'
import { generateKeys, type TestKeys, toJwk, toPem } from '../../helpers/keys.ts'
import { startService } from '../../helpers/service.ts'
import { ENC_KEY, encode } from '../../helpers/tokens.ts'

const A = 'https://a.example'
const B = 'https://b.example'
const OWN = 'https://own.example'
const NOT_ACCEPTED = 'Token is signed with a key or an algorithm that is not accepted'
const EXP = 9_999_999_999

const keysOfA = generateKeys('ES256')
const keysOfB = generateKeys('ES256')
const ownKeys = generateKeys('ES256')
const rsaKeys = generateKeys('RS256')

/** Signs with ES256 or RS256, as the key is. */
function signToken({ signing }: TestKeys, claims: object, header: object = {}): string {
  const alg = signing.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256'
  const parts = [
    { alg, ...header },
    { exp: EXP, ...claims }
  ]
  const input = parts.map((part) => encode(JSON.stringify(part))).join('.')
  const key: { key: KeyObject; dsaEncoding: 'ieee-p1363' } = {
    key: signing,
    dsaEncoding: 'ieee-p1363'
  }
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

function jwkSet(keys: TestKeys, members: object = {}) {
  return { body: { keys: [toJwk(keys.verifying, members)] } }
}

interface Checking {
  /** The status of the answer for a token, and its error. */
  readonly check: (token: string, path?: string) => Promise<string>
}

async function startChecking(
  t: ExecutionContext,
  routes: readonly object[],
  more: object = {}
): Promise<Checking> {
  const config = { keys: [{ kid: 'own', alg: 'ES256', private: toPem(ownKeys.signing) }], ...more }
  const { url } = await startService(t, { config: JSON.stringify({ ...config, routes }) })
  return {
    async check(token, path = '/check') {
      const { status, text } = await send(url + path, {
        headers: { authorization: `Bearer ${token}` }
      })
      return status === 200 ? '200' : `${status} ${JSON.parse(text).error}`
    }
  }
}

function jwksOf(server: JwksServer, issuer: string, more: object = {}) {
  return { jwks: server.url, issuer, algorithms: ['ES256'], allowHttp: true, ...more }
}

test('a token is verified by the keys of its own issuer alone, in both directions', async (t) => {
  const [ofA, ofB] = [
    await startJwksServer(t, jwkSet(keysOfA, { kid: 'k' })),
    await startJwksServer(t, jwkSet(keysOfB, { kid: 'k' }))
  ]
  for (const header of [{}, { kid: 'k' }]) {
    const { check } = await startChecking(t, [
      { check: '/check', verify: [jwksOf(ofA, A), jwksOf(ofB, B), { keys: 'all' }] }
    ])
    t.is(await check(signToken(keysOfA, { iss: A }, header)), '200')
    t.is(await check(signToken(keysOfB, { iss: B }, header)), '200')
    t.is(await check(signToken(keysOfB, { iss: A }, header)), '401 signature is invalid')
    t.is(await check(signToken(keysOfA, { iss: B }, header)), '401 signature is invalid')
    // A token without an iss is verified by the keys of this service.
    for (const iss of [undefined, OWN, `${A}/`, [A]]) {
      t.regex(await check(signToken(keysOfA, { iss }, header)), /^401 /, String(iss))
    }
  }
})

test('tokens of a named issuer are verified by its own keys, and not by the keys of a tenant template', async (t) => {
  const [ofAll, ofA] = [
    await startJwksServer(t, jwkSet(keysOfB, { kid: 'k' })),
    await startJwksServer(t, jwkSet(keysOfA, { kid: 'k' }))
  ]
  const iss = 'https://login.example.com/a/v2.0'
  const all = jwksOf(ofAll, 'https://login.example.com/{tid}/v2.0')
  const { check } = await startChecking(t, [
    { check: '/check', verify: [all, jwksOf(ofA, iss)] },
    { check: '/reversed', verify: [jwksOf(ofA, iss), all] },
    { check: '/all', verify: [all] }
  ])
  for (const path of ['/check', '/reversed']) {
    t.is(await check(signToken(keysOfA, { iss, tid: 'a' }), path), '200')
    t.is(await check(signToken(keysOfB, { iss, tid: 'a' }), path), '401 signature is invalid')
    const other = { iss: 'https://login.example.com/b/v2.0', tid: 'b' }
    t.is(await check(signToken(keysOfB, other), path), '200')
    t.is(await check(signToken(keysOfA, other), path), '401 signature is invalid')
  }
  t.is(await check(signToken(keysOfB, { iss, tid: 'a' }), '/all'), '200')
})

test('own keys verify no token of an issuer that has other keys, on any route', async (t) => {
  const ofA = await startJwksServer(t, jwkSet(keysOfA, { kid: 'a' }))
  const { check } = await startChecking(t, [
    { check: '/check', verify: [{ keys: 'all' }] },
    { check: '/foreign', verify: [jwksOf(ofA, A)] }
  ])
  t.is(await check(signToken(ownKeys, { iss: OWN })), '200')
  t.is(await check(signToken(ownKeys, {})), '200')
  t.is(await check(signToken(ownKeys, { iss: A })), `401 ${NOT_ACCEPTED}`)
  t.is(await check(signToken(ownKeys, { iss: A }, { kid: 'own' })), `401 ${NOT_ACCEPTED}`)
  t.is(await check(signToken(ownKeys, { iss: A }), '/foreign'), '401 signature is invalid')
  t.is(await check(signToken(ownKeys, { iss: OWN }), '/foreign'), `401 ${NOT_ACCEPTED}`)
})

test('a public key file that is listed for an issuer verifies its tokens, and no others', async (t) => {
  const keys = [
    { kid: 'own', alg: 'ES256', private: toPem(ownKeys.signing) },
    { kid: 'partner', alg: 'ES256', public: toPem(keysOfB.verifying) },
    { kid: 'rsa', alg: 'RSA256', public: toPem(rsaKeys.verifying) }
  ]
  const verify = [{ keys: ['partner', 'rsa'], issuer: B }, { keys: 'all' }]
  const { check } = await startChecking(t, [{ check: '/check', verify }], { keys })
  t.is(await check(signToken(keysOfB, { iss: B }, { kid: 'partner' })), '200')
  t.is(await check(signToken(rsaKeys, { iss: B })), '200')
  t.is(await check(signToken(ownKeys, { iss: OWN }, { kid: 'own' })), '200')
  for (const token of [
    signToken(keysOfB, { iss: OWN }, { kid: 'partner' }),
    signToken(keysOfB, {}, { kid: 'partner' }),
    signToken(rsaKeys, {}),
    signToken(ownKeys, { iss: B }, { kid: 'own' })
  ]) {
    t.is(await check(token), `401 ${NOT_ACCEPTED}`)
  }
  t.is(await check(signToken(keysOfB, { iss: OWN })), '401 signature is invalid')
  t.is(await check(signToken(ownKeys, { iss: B })), '401 signature is invalid')
})

test('each public key has one algorithm, and rejects tokens with another', async (t) => {
  const keys = [{ kid: 'rsa', alg: 'RS512', public: toPem(rsaKeys.verifying) }]
  const { check } = await startChecking(t, [{ check: '/check', verify: [{ keys: ['rsa'] }] }], {
    keys
  })
  t.is(await check(signToken(rsaKeys, {})), `401 ${NOT_ACCEPTED}`)
  // A public key used as a shared secret is a known attack (RFC 8725, section 2.1).
  const input = `${encode('{"alg":"HS256"}')}.${encode(`{"exp":${EXP}}`)}`
  const mac = createHmac('sha256', toPem(rsaKeys.verifying)).update(input).digest('base64url')
  t.is(await check(`${input}.${mac}`), `401 ${NOT_ACCEPTED}`)
})

test('a JWK without alg is usable with each algorithm of its type', async (t) => {
  const server = await startJwksServer(t, {
    body: { keys: [toJwk(keysOfA.verifying), toJwk(rsaKeys.verifying)] }
  })
  const routes = [
    { check: '/one', verify: [jwksOf(server, A, { algorithms: ['ES256', 'RS256'] })] },
    { check: '/two', verify: [jwksOf(server, A, { algorithms: ['ES256', 'RS256', 'RS512'] })] }
  ]
  const { check } = await startChecking(t, routes)
  t.is(await check(signToken(keysOfA, { iss: A }), '/one'), '200')
  t.is(await check(signToken(rsaKeys, { iss: A }), '/one'), '200')
  t.is(await check(signToken(keysOfA, { iss: A }), '/two'), '200')
  t.is(await check(signToken(rsaKeys, { iss: A }), '/two'), '200')
})

const ed25519 = generateKeys('Ed25519')

function signWithEd25519(alg: string, claims: object): string {
  const input = [{ alg }, { exp: EXP, ...claims }]
    .map((part) => encode(JSON.stringify(part)))
    .join('.')
  return `${input}.${sign(null, Buffer.from(input), ed25519.signing).toString('base64url')}`
}

test('EdDSA and Ed25519 are one algorithm in configuration, JWK Set and token', async (t) => {
  for (const alg of [undefined, 'EdDSA', 'Ed25519']) {
    const server = await startJwksServer(t, jwkSet(ed25519, { alg }))
    const { check } = await startChecking(
      t,
      ['EdDSA', 'Ed25519'].map((name) => ({
        check: `/${name}`,
        verify: [jwksOf(server, A, { algorithms: [name] })]
      }))
    )
    for (const path of ['/EdDSA', '/Ed25519']) {
      for (const name of ['EdDSA', 'Ed25519']) {
        t.is(await check(signWithEd25519(name, { iss: A }), path), '200')
      }
      t.is(await check(signWithEd25519('Ed448', { iss: A }), path), `401 ${NOT_ACCEPTED}`)
      t.is(await check(signWithEd25519('HS256', { iss: A }), path), `401 ${NOT_ACCEPTED}`)
    }
  }
})

test('unusable keys of a set do not affect the others', async (t) => {
  const rsa = toJwk(rsaKeys.verifying)
  const keys = [
    null,
    { kty: 'RSA', kid: 'a', x5c: ['MIIB'] },
    { ...rsa, kid: 'a', use: 'enc' },
    { ...rsa, kid: 'a', e: 'AQ' },
    { kty: 'OKP', crv: 'Ed25519', kid: 'a', x: Buffer.alloc(32).toString('base64url') },
    { kty: 'AKP', kid: 'a', alg: 'ML-DSA-44', pub: 'AAAA' },
    toJwk(keysOfA.verifying, { kid: 'a', alg: null, use: null, key_ops: [] })
  ]
  const server = await startJwksServer(t, { body: { keys } })
  const verify = [jwksOf(server, A, { algorithms: ['RS256', 'ES256', 'EdDSA'] })]
  const { check } = await startChecking(t, [{ check: '/check', verify }])
  t.is(await check(signToken(keysOfA, { iss: A }, { kid: 'a' })), '200')
  t.is(await check(signToken(rsaKeys, { iss: A }, { kid: 'a' })), `401 ${NOT_ACCEPTED}`)
})

test('while the JWK Set cannot be fetched and no key is known, the answer is 503', async (t) => {
  const server = await startJwksServer(t, { status: 500 })
  const routes = [{ check: '/check', verify: [jwksOf(server, A), { keys: 'all' }] }]
  const { check } = await startChecking(t, routes)
  const unavailable = '503 Token cannot be checked at the moment'
  t.is(await check(signToken(keysOfA, { iss: A })), unavailable)
  t.is(await check(signToken(keysOfA, { iss: A }, { kid: 'a' })), unavailable)
  // Tokens that its keys would never verify are not affected.
  t.is(await check(signToken(rsaKeys, { iss: A })), `401 ${NOT_ACCEPTED}`)
  t.is(await check(signToken(ownKeys, { iss: OWN })), '200')
})

test('an unknown kid is rejected while the set is fresh, and is a 503 once it cannot be fetched', async (t) => {
  const server = await startJwksServer(t, jwkSet(keysOfA, { kid: 'a' }))
  const verify = [jwksOf(server, A, { cooldown: '1s' })]
  const { check } = await startChecking(t, [{ check: '/check', verify }])
  t.is(await check(signToken(keysOfA, { iss: A }, { kid: 'a' })), '200')
  t.is(await check(signToken(keysOfA, { iss: A }, { kid: 'b' })), `401 ${NOT_ACCEPTED}`)
  server.reply = { status: 503 }
  const requests = server.requests.length
  await eventually(async () => {
    await check(signToken(keysOfA, { iss: A }, { kid: 'b' }))
    return server.requests.length > requests
  }, 50)
  t.regex(await check(signToken(keysOfA, { iss: A }, { kid: 'b' })), /^503 /)
  t.is(await check(signToken(keysOfA, { iss: A }, { kid: 'a' })), '200')
})

test('a key that was rotated in is found by the first token that names it', async (t) => {
  const server = await startJwksServer(t, jwkSet(keysOfA, { kid: 'a' }))
  let time = Date.now()
  const config = { keys: [{ alg: 'HS256', secret: ENC_KEY }] }
  const { url } = await startService(t, {
    config: JSON.stringify({
      ...config,
      routes: [{ check: '/check', verify: [jwksOf(server, A)] }]
    }),
    now: () => time
  })
  server.reply = jwkSet(keysOfB, { kid: 'b' })
  time += 31_000
  const token = signToken(keysOfB, { iss: A }, { kid: 'b' })
  t.is((await send(`${url}/check`, { headers: { authorization: token } })).status, 200)
})

test('a token that was verified before is rejected once its key has left the JWK Set', async (t) => {
  const server = await startJwksServer(t, jwkSet(keysOfA, { kid: 'a' }))
  let time = Date.now()
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: ENC_KEY }],
      routes: [{ check: '/check', verify: [jwksOf(server, A)] }]
    }),
    now: () => time
  })
  const ask = async (authorization: string) =>
    (await send(`${url}/check`, { headers: { authorization } })).status
  const token = signToken(keysOfA, { iss: A }, { kid: 'a' })
  t.deepEqual([await ask(token), await ask(token)], [200, 200])
  server.reply = jwkSet(keysOfB, { kid: 'b' })
  time += 31_000
  t.is(await ask(signToken(keysOfB, { iss: A }, { kid: 'b' })), 200)
  t.is(await ask(token), 401)
})

test('a private key in a foreign JWK Set does not sign, and is not published', async (t) => {
  const server = await startJwksServer(t, {
    body: { keys: [toJwk(keysOfA.signing, { kid: 'a' })] }
  })
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: [{ kid: 'own', alg: 'ES256', private: toPem(ownKeys.signing) }],
      routes: [{ keys: '/keys' }, { check: '/check', verify: [jwksOf(server, A)] }]
    })
  })
  const { keys } = JSON.parse((await send(`${url}/.well-known/jwks.json`)).text)
  t.deepEqual(
    keys.map(({ kid }: { kid: string }) => kid),
    ['own']
  )
  t.is((await send(`${url}/keys/a`)).status, 404)
})
