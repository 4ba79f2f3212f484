/** Who a token is from. */
import { invalidToken } from '../../errors.ts'
import type { Requirement } from '../check.ts'

/** The token is from one of the issuers, letter by letter (RFC 7519, section 4.1.1). */
export function createIssuerRequirement(issuers: readonly string[]): Requirement {
  return function isFromIssuer({ claims: { iss } }) {
    if (typeof iss !== 'string' || !issuers.includes(iss)) {
      throw invalidToken('Token is not from an issuer that is accepted', 'issuer')
    }
  }
}
