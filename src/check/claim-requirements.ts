/** What the claims of a verified token must say: whom it is from, whom it is for, and what it allows. */
import { insufficientScope, invalidToken } from '../errors.ts'
import type { Requirement } from './check.ts'

/** Values of a claim that are told apart by being the same or not. */
export type PlainValue = string | number | boolean

/**
 * The token is from one of these issuers: `iss`, letter by letter (RFC 7519, section 4.1.1).
 */
export function createIssuerRequirement(issuers: readonly string[]): Requirement {
  return function isFromIssuer({ claims: { iss } }) {
    if (typeof iss !== 'string' || !issuers.includes(iss)) {
      throw invalidToken('Token is not from an issuer that is accepted', 'issuer')
    }
  }
}

/** The token is for one of these: `aud`, a text or a list (RFC 7519, section 4.1.3). */
export function createAudienceRequirement(audiences: readonly string[]): Requirement {
  return function isForAudience({ claims: { aud } }) {
    if (!audiences.some((audience) => equalsOrContains(aud, audience))) {
      throw invalidToken('Token is for another audience', 'audience')
    }
  }
}

/** The claims have these values each, or are lists that do. */
export function createClaimsRequirement(
  required: Readonly<Record<string, PlainValue>>
): Requirement {
  const entries = Object.entries(required)
  return function hasClaims({ claims }) {
    for (const [name, value] of entries) {
      if (!Object.hasOwn(claims, name) || !equalsOrContains(claims[name], value)) {
        throw insufficientScope(`Token does not have the claim ${name} that is required`, 'claim')
      }
    }
  }
}

/** The token allows all of these: `scope`, a text with spaces (RFC 8693, section 4.2), or a list. */
export function createScopesRequirement(required: readonly string[]): Requirement {
  return function hasScopes({ claims: { scope } }) {
    const scopes: unknown = typeof scope === 'string' ? scope.split(' ') : scope
    if (!required.every((name) => Array.isArray(scopes) && scopes.includes(name))) {
      throw insufficientScope('Token does not have the scope that is required', 'scope')
    }
  }
}

function equalsOrContains(claim: unknown, value: PlainValue): boolean {
  return claim === value || (Array.isArray(claim) && claim.includes(value))
}
