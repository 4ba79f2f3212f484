import { checkPrimeSync, createPrivateKey, createPublicKey, generatePrimeSync } from 'node:crypto'
import test from 'ava'
import { KeyError } from '../../../src/keys/key-error.ts'
import { parsePrivateKey, parsePublicKey } from '../../../src/keys/material/key-material.ts'
import { generateKeys, generatePair, toJwk, toPem } from '../../helpers/keys.ts'
import { generateRocaJwk, toBase64url } from '../../helpers/roca.ts'

const json = (value: object) => JSON.stringify(value)

const ROCA = {
  instanceOf: KeyError,
  message:
    'found an RSA key with the fingerprint of ROCA (CVE-2017-15361), whose private half can be computed; expected a new key from another generator'
}

test('a key with the ROCA weakness is rejected, as a JWK and as PEM, private and public', (t) => {
  const jwk = generateRocaJwk()
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  t.throws(() => parsePrivateKey(json(jwk), 'RS256'), ROCA)
  t.throws(() => parsePrivateKey(toPem(privateKey), 'PS256'), ROCA)
  t.throws(() => parsePublicKey(toPem(createPublicKey(privateKey)), 'RS256'), ROCA)
  t.throws(() => parsePublicKey(json({ kty: 'RSA', n: jwk.n, e: jwk.e }), 'RS512'), ROCA)
})

test('an RSA key with a small factor is rejected', (t) => {
  const modulus = 2n ** 2048n - 1n
  t.throws(
    () => parsePublicKey(json({ kty: 'RSA', n: toBase64url(modulus), e: 'AQAB' }), 'RS256'),
    {
      instanceOf: KeyError,
      message: 'found an RSA key whose modulus is divisible by 3'
    }
  )
})

/** A prime above another number. */
function primeAfter(number: bigint): bigint {
  let prime = number + 1n + (number % 2n)
  while (!checkPrimeSync(prime)) prime += 2n
  return prime
}

test('an RSA key whose primes are equal or close together is rejected', (t) => {
  const p = generatePrimeSync(1024, { bigint: true })
  const next = primeAfter(p)
  for (const q of [p, next, primeAfter(next), primeAfter(p + 2n ** 512n)]) {
    const jwk = { kty: 'RSA', n: toBase64url(p * q), e: 'AQAB' }
    const expected = { instanceOf: KeyError, message: /primes that are equal or close together/ }
    t.throws(() => parsePublicKey(json(jwk), 'RS256'), expected)
    const pem = toPem(createPublicKey({ key: jwk, format: 'jwk' }))
    t.throws(() => parsePublicKey(pem, 'PS256'), expected)
  }
})

test('keys of other generators are accepted', (t) => {
  for (const alg of ['RS256', 'ES256', 'ES512', 'Ed25519'] as const) {
    for (let count = 0; count < 5; count++) {
      t.notThrows(() => parsePublicKey(toPem(generateKeys(alg).verifying), alg))
    }
  }
})

const P = 2n ** 255n - 19n
const ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022n

/** All ways to write the points of order 1, 2, 4 and 8, canonical ones and others. */
const lowOrder = [1n, P - 1n, 0n, ORDER_8, P - ORDER_8, P, P + 1n].flatMap((y) => [
  y,
  y + 2n ** 255n
])

function ed25519Of(y: bigint): string {
  const x = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse().toString('base64url')
  return json({ kty: 'OKP', crv: 'Ed25519', x })
}

for (const y of lowOrder) {
  test(`an Ed25519 key of low order is rejected, as a JWK and as PEM: ${y}`, (t) => {
    const expected = {
      instanceOf: KeyError,
      message: 'found an Ed25519 key of low order, which anybody can sign for'
    }
    t.throws(() => parsePublicKey(ed25519Of(y), 'EdDSA'), expected)
    const pem = toPem(createPublicKey({ key: JSON.parse(ed25519Of(y)), format: 'jwk' }))
    t.throws(() => parsePublicKey(pem, 'Ed25519'), expected)
  })
}

/** y of no point; the y of a point, plus the modulus. */
for (const y of [2n, 7n, P + 3n, P + 4n, P + 18n]) {
  test(`an Ed25519 key that is not a point is rejected: ${y}`, (t) => {
    t.throws(() => parsePublicKey(ed25519Of(y), 'EdDSA'), {
      instanceOf: KeyError,
      message: 'found an Ed25519 key that is no point of its curve'
    })
  })
}

/** DER of P-256 keys whose public half is the point at infinity: SubjectPublicKeyInfo, and SEC1 with d = 0 and d = n. */
const CURVE = '06082a8648ce3d030107'
const ZERO = '00'.repeat(32)
const GROUP_ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
const toBlock = (label: string, hex: string) =>
  `-----BEGIN ${label}-----\n${Buffer.from(hex, 'hex').toString('base64')}\n-----END ${label}-----\n`

test('an EC key at infinity is rejected, and does not crash the process', (t) => {
  const publicPem = toBlock('PUBLIC KEY', `3019301306072a8648ce3d0201${CURVE}03020000`)
  t.throws(() => parsePublicKey(publicPem, 'ES256'), { instanceOf: KeyError })
  for (const d of [ZERO, GROUP_ORDER]) {
    const privatePem = toBlock('EC PRIVATE KEY', `30310201010420${d}a00a${CURVE}`)
    t.throws(() => parsePrivateKey(privatePem, 'ES256'), { instanceOf: KeyError })
  }
})

const { verifying, signing } = generatePair('ec', { namedCurve: 'P-256' })

test('an EC key that is not a point of its curve is rejected, as a JWK and as PEM', (t) => {
  const { x = '' } = toJwk(verifying)
  for (const y of [x, 'AA', toBase64url(2n ** 256n - 1n)]) {
    t.throws(() => parsePublicKey(json(toJwk(verifying, { y })), 'ES256'), { instanceOf: KeyError })
    t.throws(() => parsePrivateKey(json(toJwk(signing, { y })), 'ES256'), { instanceOf: KeyError })
  }
  const der = verifying.export({ type: 'spki', format: 'der' })
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1
  t.throws(() => parsePublicKey(toBlock('PUBLIC KEY', der.toString('hex')), 'ES256'), {
    instanceOf: KeyError
  })
})
