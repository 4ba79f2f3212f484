/** The claims that sources gather for a token that is yet to be signed, and the error of a request that lacks one. */
import { ServiceError } from '../errors.ts'
import type { JsonText } from '../json/json-text.ts'
import { BEARER_MARK } from '../service-bearer-mark.ts'

/**
 * A JWT Claims Set (RFC 7519, section 4) in the making: names and values, in order. Values are JSON text, so that
 * what a remote wrote reaches the token as it was written.
 */
export type Claims = ReadonlyMap<string, JsonText>

/** Claims that only the signing step sets. */
export const RESERVED_CLAIMS: ReadonlySet<string> = new Set([
  'iat',
  'nbf',
  'exp',
  'jti',
  BEARER_MARK.claim
])

/** Claims of who a token is from, about and for (RFC 7519, section 4.1): only the configuration gives them. */
export const IDENTITY_CLAIMS: ReadonlySet<string> = new Set(['iss', 'sub', 'aud'])

/** The reason of {@link invalidClaim}. Some protocols have other words for these errors than for a body that is not JSON. */
export const CLAIM_REASON = 'claim'

/**
 * The error of a request that lacks what a claim, or a call for claims, needs.
 * @param message what is wrong and what is expected; never a value of the request
 */
export function invalidClaim(message: string): ServiceError {
  return new ServiceError('invalid_request', message, { status: 400, reason: CLAIM_REASON })
}
