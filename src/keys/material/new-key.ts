/** New key material for an algorithm, and secrets and private keys as text: PEM and JWK. `public-key.ts` writes public keys. */
import {
  createPublicKey,
  generateKey,
  generateKeyPair,
  type KeyObject,
  randomBytes
} from 'node:crypto'
import { promisify } from 'node:util'
import { algorithmDetails } from '../algorithms.ts'
import type { Algorithm } from '../key.ts'
import { toPublicJwk } from '../kinds/public-key.ts'
import type { Jwk } from './jwk.ts'

/** Enough for a key that is replaced every few days; 3072 bits would take five times as long at each signing. */
const RSA_BITS = 2048

const generateSecret = promisify(generateKey)
const generatePair = promisify(generateKeyPair)

/** Makes a secret or a private key, in the thread pool: a pair of RSA keys takes up to a second. */
export async function generateMaterial(alg: Algorithm): Promise<KeyObject> {
  const details = algorithmDetails(alg)
  switch (details.family) {
    case 'HMAC':
      return generateSecret('hmac', { length: details.leastSecretBytes * 8 })
    case 'RSA':
      return (await generatePair('rsa', { modulusLength: RSA_BITS })).privateKey
    case 'EC':
      return (await generatePair('ec', { namedCurve: details.curve })).privateKey
    case 'Ed25519':
      return (await generatePair('ed25519', {})).privateKey
  }
}

/**
 * Writes a secret or a private key as a JWK (RFC 7517, section 4): a secret.
 * @param kid by default from {@link createKid}
 */
export function toSigningJwk(alg: Algorithm, material: KeyObject, kid?: string): Jwk {
  return {
    ...material.export({ format: 'jwk' }),
    kid: kid ?? createKid(alg, material),
    alg,
    use: 'sig'
  }
}

/** The RFC 7638 thumbprint. The thumbprint of a secret would let anyone test guesses of it (section 7), so a secret gets a random kid. */
export function createKid(alg: Algorithm, material: KeyObject): string {
  if (material.type === 'secret') return randomBytes(32).toString('base64url')
  return toPublicJwk(createPublicKey(material), alg, undefined).kid
}

/** Writes a private key as PEM (PKCS#8, RFC 5208): a secret. */
export function toPrivatePem(material: KeyObject): string {
  return material.export({ type: 'pkcs8', format: 'pem' }).toString()
}
