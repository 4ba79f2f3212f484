/** Key material for tests, made on the spot: one of a kind for each algorithm. */
import {
  createSecretKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes
} from 'node:crypto'
import { algorithmDetails } from '../../src/keys/algorithms.ts'
import type { Algorithm } from '../../src/keys/key.ts'

export interface TestKeys {
  /** The private key, or the secret. */
  readonly signing: KeyObject
  /** The public key, or the secret. */
  readonly verifying: KeyObject
}

export function generateKeys(alg: Algorithm): TestKeys {
  const details = algorithmDetails(alg)
  if (details.family === 'HMAC') {
    const secret = createSecretKey(randomBytes(details.leastSecretBytes))
    return { signing: secret, verifying: secret }
  }
  const { privateKey, publicKey } = generatePair()
  return { signing: privateKey, verifying: publicKey }

  function generatePair() {
    if (details.family === 'RSA') return generateKeyPairSync('rsa', { modulusLength: 2048 })
    if (details.family === 'EC') return generateKeyPairSync('ec', { namedCurve: details.curve })
    return generateKeyPairSync('ed25519')
  }
}

export function toJwk(key: KeyObject, members: object = {}): JsonWebKey & Record<string, unknown> {
  return { ...key.export({ format: 'jwk' }), ...members }
}

/** PEM in the format that is usual for the key: PKCS#8 or SubjectPublicKeyInfo. */
export function toPem(key: KeyObject): string {
  const type = key.type === 'private' ? 'pkcs8' : 'spki'
  return key.export({ format: 'pem', type: type as 'pkcs8' }).toString()
}
