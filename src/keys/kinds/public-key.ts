/** The public half of an asymmetric key, for publishing. */
import { createHash, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { Algorithm, PublicJwk } from '../key.ts'

/** The members that a thumbprint is made over, in its order (RFC 7638, section 3.2; RFC 8037, section 2). */
const THUMBPRINT_MEMBERS = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x']
} as const

/**
 * Writes a public key as a JWK. The members are picked by name, so no other one can be published.
 * @param publicKey a public KeyObject, so that there is no private parameter to begin with
 * @param kid the thumbprint when left out
 * @throws TypeError when the key is not a public one
 */
export function toPublicJwk(
  publicKey: KeyObject,
  alg: Algorithm,
  kid: string | undefined
): PublicJwk {
  assertPublic(publicKey)
  const jwk = publicKey.export({ format: 'jwk' })
  const { n, e, crv, x, y } = jwk
  const kty = jwk.kty as PublicJwk['kty']
  return {
    kty,
    kid: kid ?? thumbprint(jwk, kty),
    alg,
    use: 'sig',
    ...(n !== undefined && { n }),
    ...(e !== undefined && { e }),
    ...(crv !== undefined && { crv }),
    ...(x !== undefined && { x }),
    ...(y !== undefined && { y })
  }
}

/**
 * Writes a public key as PEM (SubjectPublicKeyInfo).
 * @throws TypeError when the key is not a public one
 */
export function toPublicPem(publicKey: KeyObject): string {
  assertPublic(publicKey)
  return publicKey.export({ type: 'spki', format: 'pem' }).toString()
}

/** The SHA-256 thumbprint of a key (RFC 7638), in base64url. */
function thumbprint(jwk: JsonWebKey, kty: PublicJwk['kty']): string {
  const members = THUMBPRINT_MEMBERS[kty].map((name) => [name, jwk[name]])
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url')
}

function assertPublic(key: KeyObject): void {
  if (key.type !== 'public') throw new TypeError(`expected a public key, got a ${key.type} one`)
}
