import { generateKeyPairSync, type KeyObject, randomBytes, createSecretKey } from 'node:crypto'
import test from 'ava'
import { CompactSign, calculateJwkThumbprint, compactVerify, exportJWK, exportSPKI } from 'jose'
import { parseToken } from '../../src/check/token.ts'
import { ServiceError } from '../../src/errors.ts'
import { createKey } from '../../src/keys/create-key.ts'
import { ALGORITHMS, type Algorithm } from '../../src/keys/key.ts'

const payload = '{"sub":"kari","big":12345678901234567890}'
const claims = { sub: 'kari', big: 12345678901234567890 }
const keys = new Map(ALGORITHMS.map((alg) => [alg, generate(alg)]))

for (const alg of ALGORITHMS) {
  test(`${alg}: what it signs, jose verifies`, async (t) => {
    const { signing, verifying } = keysFor(alg)
    const token = await createKey({ alg, material: signing, kid: 'k1' }).sign?.(payload)
    const result = await compactVerify(token ?? '', verifying, { algorithms: [alg] })
    t.deepEqual(result.protectedHeader, { alg, typ: 'JWT', kid: 'k1' })
    t.is(new TextDecoder().decode(result.payload), payload)
  })

  test(`${alg}: what jose signs, it verifies`, async (t) => {
    const { signing, verifying } = keysFor(alg)
    const raw = await signWithJose(alg, signing)
    const token = parseToken(raw, 8)
    t.deepEqual(await createKey({ alg, material: signing }).verify(token), claims)
    t.deepEqual(await createKey({ alg, material: verifying }).verify(token), claims)
  })
}
function keysFor(alg: Algorithm) {
  const pair = keys.get(alg)
  if (pair === undefined) throw new TypeError(`no keys for ${alg}`)
  return pair
}
function signWithJose(alg: Algorithm, key: KeyObject) {
  return new CompactSign(Buffer.from(payload)).setProtectedHeader({ alg }).sign(key)
}
function generate(alg: Algorithm): { signing: KeyObject; verifying: KeyObject } {
  if (alg.startsWith('HS')) {
    const secret = createSecretKey(randomBytes(64))
    return { signing: secret, verifying: secret }
  }
  const { privateKey, publicKey } =
    alg === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : alg.startsWith('ES')
        ? generateKeyPairSync('ec', { namedCurve: `P-${alg === 'ES512' ? 521 : alg.slice(2)}` })
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { signing: privateKey, verifying: publicKey }
}
