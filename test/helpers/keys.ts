/** Key material for tests, generated on the spot for each algorithm. */
import {
  createPrivateKey,
  createPublicKey,
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
  if (details.family === 'RSA') return generatePair('rsa', { modulusLength: 2048 })
  if (details.family === 'EC') return generatePair('ec', { namedCurve: details.curve })
  return generatePair('ed25519')
}

/** The declared types are an overload for each type of key, and none accepts all types. */
const generatePem = generateKeyPairSync as unknown as (
  type: string,
  options: object
) => { privateKey: string; publicKey: string }

/**
 * Like `generateKeyPairSync`, but through PEM. Its own KeyObjects share a lock with the job that made them, at least in
 * Node.js 20: when the job is collected as garbage while one of them is exported, the thread waits for itself forever.
 */
export function generatePair(type: string, options: object = {}): TestKeys {
  const { privateKey, publicKey } = generatePem(type, {
    ...options,
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' }
  })
  return { signing: createPrivateKey(privateKey), verifying: createPublicKey(publicKey) }
}

export function toJwk(key: KeyObject, members: object = {}): JsonWebKey & Record<string, unknown> {
  return { ...key.export({ format: 'jwk' }), ...members }
}

/** PEM in the format that is usual for the key: PKCS#8 or SubjectPublicKeyInfo. */
export function toPem(key: KeyObject): string {
  const type = key.type === 'private' ? 'pkcs8' : 'spki'
  return key.export({ format: 'pem', type: type as 'pkcs8' }).toString()
}
