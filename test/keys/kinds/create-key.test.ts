import { createHmac, type KeyObject } from 'node:crypto'
import test from 'ava'
import { CompactSign, calculateJwkThumbprint, compactVerify, importJWK, importSPKI } from 'jose'
import { ServiceError } from '../../../src/errors.ts'
import { ALGORITHMS, type Algorithm } from '../../../src/keys/key.ts'
import { createKey } from '../../../src/keys/kinds/create-key.ts'
import { parseToken } from '../../../src/keys/token.ts'
import { generateKeys, type TestKeys } from '../../helpers/keys.ts'

const PAYLOAD = '{"sub":"kari","count":12345678901234567890}'
const CLAIMS: unknown = JSON.parse(PAYLOAD)
const MAX_DEPTH = 8

const generated = new Map<Algorithm, TestKeys>()

function keysFor(alg: Algorithm): TestKeys {
  const keys = generated.get(alg) ?? generateKeys(alg)
  generated.set(alg, keys)
  return keys
}

function signWithJose(alg: Algorithm, key: KeyObject, kid?: string): Promise<string> {
  const header = { alg, ...(kid !== undefined && { kid }) }
  return new CompactSign(Buffer.from(PAYLOAD)).setProtectedHeader(header).sign(key)
}

async function sign(options: Parameters<typeof createKey>[0], payload = PAYLOAD): Promise<string> {
  const token = await createKey(options).sign?.(payload)
  if (token === undefined) throw new TypeError('the key does not sign')
  return token
}

function headerText(token: string): string {
  return Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()
}

for (const alg of ALGORITHMS) {
  test(`${alg}: jose verifies what it signs`, async (t) => {
    const { signing, verifying } = keysFor(alg)
    const token = await sign({ alg, material: signing, kid: 'main' })
    const { payload, protectedHeader } = await compactVerify(token, verifying, {
      algorithms: [alg]
    })
    t.deepEqual(protectedHeader, { alg, typ: 'JWT', kid: 'main' })
    t.is(Buffer.from(payload).toString(), PAYLOAD)
  })

  test(`${alg}: it verifies what jose signs, with the key that signs and with its public half`, async (t) => {
    const { signing, verifying } = keysFor(alg)
    const token = parseToken(await signWithJose(alg, signing), MAX_DEPTH)
    t.deepEqual(await createKey({ alg, material: signing }).verify(token), CLAIMS)
    t.deepEqual(await createKey({ alg, material: verifying }).verify(token), CLAIMS)
  })

  test(`${alg}: it rejects a signature by another key`, async (t) => {
    const token = parseToken(await signWithJose(alg, generateKeys(alg).signing), MAX_DEPTH)
    const key = createKey({ alg, material: keysFor(alg).verifying })
    const error = await t.throwsAsync(async () => key.verify(token), { instanceOf: ServiceError })
    t.is(error?.code, 'invalid_token')
    t.is(error?.reason, 'signature')
    t.is(error?.message, 'signature is invalid')
  })

  test(`${alg}: it rejects a changed payload`, async (t) => {
    const { signing, verifying } = keysFor(alg)
    const [header, , signature] = (await signWithJose(alg, signing)).split('.')
    const other = Buffer.from('{"sub":"mallory"}').toString('base64url')
    const token = parseToken(`${header}.${other}.${signature}`, MAX_DEPTH)
    await t.throwsAsync(async () => createKey({ alg, material: verifying }).verify(token), {
      message: 'signature is invalid'
    })
  })

  test(`${alg}: the header is exactly alg, typ and kid, in this order`, async (t) => {
    const { signing } = keysFor(alg)
    const named = await sign({ alg, material: signing, kid: 'main', typ: 'at+jwt' })
    t.is(headerText(named), `{"alg":"${alg}","typ":"at+jwt","kid":"main"}`)
    const plain = await sign({ alg, material: signing })
    t.is(headerText(plain), `{"alg":"${alg}","typ":"JWT"}`)
  })

  test(`${alg}: it verifies its own tokens with a typ other than JWT`, async (t) => {
    const { signing } = keysFor(alg)
    const token = await sign({ alg, material: signing, typ: 'secevent+jwt' })
    const key = createKey({ alg, material: signing })
    t.deepEqual(await key.verify(parseToken(token, MAX_DEPTH)), CLAIMS)
  })

  test(`${alg}: the claims are not checked, even if they have expired or are not valid yet`, async (t) => {
    const { signing } = keysFor(alg)
    const token = await sign({ alg, material: signing }, '{"exp":1,"nbf":99999999999}')
    const key = createKey({ alg, material: signing })
    t.deepEqual(await key.verify(parseToken(token, MAX_DEPTH)), { exp: 1, nbf: 99999999999 })
  })
}

for (const alg of ALGORITHMS.filter((name) => !name.startsWith('HS'))) {
  test(`${alg}: a public key only verifies`, (t) => {
    t.is(createKey({ alg, material: keysFor(alg).verifying }).sign, undefined)
  })

  test(`${alg}: its published key verifies its tokens, as JWK and as PEM`, async (t) => {
    const key = createKey({ alg, material: keysFor(alg).signing, kid: 'main' })
    const token = await key.sign?.(PAYLOAD)
    const jwk = await importJWK({ ...key.publicJwk })
    const spki = await importSPKI(key.publicPem ?? '', alg)
    for (const published of [jwk, spki]) {
      const { payload } = await compactVerify(token ?? '', published)
      t.is(Buffer.from(payload).toString(), PAYLOAD)
    }
  })

  test(`${alg}: its JWK names kty, kid, alg and use first, whether the key is private or public`, (t) => {
    const { signing, verifying } = keysFor(alg)
    const { publicJwk } = createKey({ alg, material: signing, kid: 'main' })
    t.deepEqual(Object.keys(publicJwk ?? {}).slice(0, 4), ['kty', 'kid', 'alg', 'use'])
    t.like(publicJwk, { kid: 'main', alg, use: 'sig' })
    t.deepEqual(createKey({ alg, material: verifying, kid: 'main' }).publicJwk, publicJwk)
  })

  test(`${alg}: without a kid its JWK has the thumbprint, and its tokens have none`, async (t) => {
    const key = createKey({ alg, material: keysFor(alg).signing })
    t.is(key.kid, undefined)
    t.is(key.publicJwk?.kid, await calculateJwkThumbprint({ ...key.publicJwk }))
  })
}

for (const alg of ['HS256', 'HS384', 'HS512'] as const) {
  test(`${alg}: a secret has nothing to publish`, (t) => {
    const key = createKey({ alg, material: keysFor(alg).signing, kid: 'main' })
    t.is(key.publicJwk, undefined)
    t.is(key.publicPem, undefined)
  })
}

test('a public key does not work as a secret: a token that is HMACed with its PEM is rejected', (t) => {
  const key = createKey({ alg: 'RS256', material: keysFor('RS256').verifying })
  const parts = ['{"alg":"HS256","typ":"JWT"}', PAYLOAD].map((text) =>
    Buffer.from(text).toString('base64url')
  )
  const signature = createHmac('sha256', key.publicPem ?? '').update(parts.join('.'))
  const token = parseToken([...parts, signature.digest('base64url')].join('.'), MAX_DEPTH)
  t.throws(() => key.verify(token), { message: 'signature is invalid' })
})

for (const [own, other] of [
  ['HS256', 'HS512'],
  ['RS256', 'PS256'],
  ['PS256', 'RS256'],
  ['RS256', 'RS512']
] as const) {
  test(`a key for ${own} rejects what the same material signs with ${other}`, async (t) => {
    const { signing, verifying } = keysFor(other)
    const token = parseToken(await signWithJose(other, signing), MAX_DEPTH)
    t.deepEqual(await createKey({ alg: other, material: verifying }).verify(token), CLAIMS)
    const key = createKey({ alg: own, material: verifying })
    await t.throwsAsync(async () => key.verify(token), { message: 'signature is invalid' })
  })
}

test('HS256 signs at once', (t) => {
  const key = createKey({ alg: 'HS256', material: keysFor('HS256').signing })
  t.is(typeof key.sign?.(PAYLOAD), 'string')
})

for (const alg of ['RS256', 'PS256', 'ES256'] as const) {
  test(`${alg} signs off the main thread: no signature is ready when the main thread runs out of work`, async (t) => {
    let signed = false
    const signing = sign({ alg, material: keysFor(alg).signing }).then(() => {
      signed = true
    })
    // Ticks come after all promises that need no event loop, where threads report back.
    await new Promise((resolve) => process.nextTick(resolve))
    t.false(signed)
    await signing
    t.true(signed)
  })
}
