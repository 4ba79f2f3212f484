/** The claims that sources gather for a token that is yet to be signed. */
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

/** Claims that say who a token is from, about and for (RFC 7519, section 4.1): only the configuration gives them. */
export const IDENTITY_CLAIMS: ReadonlySet<string> = new Set(['iss', 'sub', 'aud'])
