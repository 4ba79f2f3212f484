/** Secrets and private keys as text: PEM and JWK. What may be published is written elsewhere, in public-key.ts. */
import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import type { Algorithm } from '../key.ts'
import { toPublicJwk } from '../kinds/public-key.ts'
import type { Jwk } from './jwk.ts'

/**
 * Writes a secret or a private key as a JWK (RFC 7517, section 4): a secret.
 * @param kid that of {@link createKid} when left out
 */
export function toSigningJwk(alg: Algorithm, material: KeyObject, kid?: string): Jwk {
  return {
    ...material.export({ format: 'jwk' }),
    kid: kid ?? createKid(alg, material),
    alg,
    use: 'sig'
  }
}

/** The RFC 7638 thumbprint. That of a secret would let anyone test guesses of it (section 7), so a secret gets a random kid. */
export function createKid(alg: Algorithm, material: KeyObject): string {
  if (material.type === 'secret') return randomBytes(32).toString('base64url')
  return toPublicJwk(createPublicKey(material), alg, undefined).kid
}

/** Writes a private key as PEM (PKCS#8, RFC 5208): a secret. */
export function toPrivatePem(material: KeyObject): string {
  return material.export({ type: 'pkcs8', format: 'pem' }).toString()
}
