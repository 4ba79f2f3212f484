/** The claims that sources gather for a token before it is signed, and the error of a request that lacks one. */
import { ServiceError } from '../errors.ts'
import { itemsOf } from '../json/json-members.ts'
import { formatJsonPath, type JsonPath } from '../json/json-path.ts'
import type { JsonText } from '../json/json-text.ts'
import { BEARER_MARK } from '../service-bearer-mark.ts'

/**
 * An unsigned JWT Claims Set (RFC 7519, section 4): names and values, in order. Values are JSON text, so that
 * values of a remote reach the token as written.
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

/** Claims that only the signing step sets even where claims keep their own: `exp` limits a token, the mark is for service bearers. */
export const NEVER_GIVEN: ReadonlySet<string> = new Set(['exp', BEARER_MARK.claim])

/** Claims of identity: `iss`, `sub` and `aud` (RFC 7519, section 4.1). Only the configuration decides where they come from. */
export const IDENTITY_CLAIMS: ReadonlySet<string> = new Set(['iss', 'sub', 'aud'])

/** The reason of {@link invalidClaim}. Some protocols have other words for these errors than for a body that is not JSON. */
export const CLAIM_REASON = 'claim'

/**
 * The error of a request that lacks what a claim, or a call for claims, needs.
 * @param message the problem and what is expected; never a value of the request
 */
export function invalidClaim(message: string): ServiceError {
  return new ServiceError('invalid_request', message, { status: 400, reason: CLAIM_REASON })
}

/**
 * Makes the function that rejects a request whose body has a duplicate name on the path to a value: a proxy in front may have decided by the other.
 * @param path the path of the value
 */
export function twiceInBody(path: JsonPath): () => never {
  const message = `${formatJsonPath(path)} is in the body twice, expected it once`

  return function rejectTwice() {
    throw invalidClaim(message)
  }
}

const NUMBER = /^[-\d]/

/**
 * Turns a value into one that an identity claim may have (RFC 7519, sections 4.1.1 to 4.1.3): text, or for `aud` a list of texts. A number, as many APIs give for an id,
 * becomes text with the same digits.
 * @returns undefined for anything else, and for empty text
 */
export function toIdentity(claim: string, value: JsonText): JsonText | undefined {
  if (claim !== 'aud' || !value.startsWith('[')) return toNonEmptyText(value)
  const items = itemsOf(value).map(toNonEmptyText)
  return items.length === 0 || items.includes(undefined)
    ? undefined
    : (`[${items.join(',')}]` as JsonText)
}

/** Text stays, a number becomes text with the same digits. Undefined for anything else, and for empty text. */
export function toNonEmptyText(value: JsonText): JsonText | undefined {
  if (value.startsWith('"')) return value === '""' ? undefined : value
  return NUMBER.test(value) ? (`"${value}"` as JsonText) : undefined
}
