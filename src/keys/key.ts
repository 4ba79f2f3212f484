/** What a key is to the rest of the service: one algorithm, and the operations that it allows. */
import type { Token, VerifiedClaims } from '../check/token.ts'

/** The JWS algorithms (RFC 7518, section 3.1; RFC 8037, section 3.1) that a key can have. */
export const ALGORITHMS = ['HS256'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

/** A key for one algorithm (RFC 7517, sections 4.4 and 4.5), parsed once. */
export interface Key {
  readonly kid: string | undefined
  readonly alg: Algorithm
  /** Makes a compact JWS over the payload text, with this key's header. Undefined for a key that only verifies. */
  readonly sign?: (payload: string) => string | Promise<string>
  /**
   * Verifies the signature alone (RFC 7515, section 5.2); the claims are the check pipeline's to judge.
   * @throws ServiceError `invalid_token` with the reason `signature`
   */
  readonly verify: (token: Token) => VerifiedClaims | Promise<VerifiedClaims>
}
