/** The interface of a key: one algorithm, and the operations that it allows. */
import type { KeyObject } from 'node:crypto'
import type { Token, VerifiedClaims } from './token.ts'

/** The JWS algorithms (RFC 7518, section 3.1; RFC 8037, section 3.1; RFC 9864, section 2.2) that a key can have. */
export const ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519'
] as const
export type Algorithm = (typeof ALGORITHMS)[number]

/** The public half of an asymmetric key, as it is published (RFC 7517, section 4). Never has a private parameter. */
export interface PublicJwk {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  readonly kid: string
  readonly alg: Algorithm
  readonly use: 'sig'
  readonly n?: string
  readonly e?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
}

/** Makes a compact JWS (RFC 7515, section 7.1) over a payload text. */
export type SignPayload = (payload: string) => string | Promise<string>

/** A key for one algorithm (RFC 7517, sections 4.4 and 4.5), parsed once. */
export interface Key {
  readonly kid: string | undefined
  readonly alg: Algorithm
  /** Makes a compact JWS over the payload text, with this key's header. Undefined for a key that only verifies. */
  readonly sign?: SignPayload
  /** The same, with another `typ` in the header. */
  readonly signAs?: (typ: string) => SignPayload
  /**
   * Verifies the signature alone (RFC 7515, section 5.2); the check pipeline checks the claims.
   * @throws ServiceError `invalid_token` with the reason `signature`
   */
  readonly verify: (token: Token) => VerifiedClaims | Promise<VerifiedClaims>
  /** Its public half as a JWK: undefined for a symmetric key. `kid` is the key's own, or else its RFC 7638 thumbprint. */
  readonly publicJwk: PublicJwk | undefined
  /** The public half as PEM (SubjectPublicKeyInfo, RFC 5280, section 4.1): undefined for a symmetric key. */
  readonly publicPem: string | undefined
}

/** The parts of a key. */
export interface KeyOptions {
  readonly alg: Algorithm
  /** Secret, private (signs and verifies) or public (verifies only). Already checked to be strong enough for `alg`. */
  readonly material: KeyObject
  readonly kid?: string | undefined
  /** The `typ` of the tokens it signs. Default `JWT` (RFC 7519, section 5.1). */
  readonly typ?: string | undefined
}

/** The header that a key gives to the tokens that it signs. */
export interface JwsHeader {
  readonly alg: Algorithm
  readonly typ: string
  readonly kid?: string
}

/**
 * Puts a header together. The order of its members is part of the contract: alg, typ, kid.
 * @param typ `JWT` when left out (RFC 7519, section 5.1)
 */
export function createJwsHeader(
  alg: Algorithm,
  typ: string | undefined,
  kid: string | undefined
): JwsHeader {
  return { alg, typ: typ ?? 'JWT', ...(kid !== undefined && { kid }) }
}
