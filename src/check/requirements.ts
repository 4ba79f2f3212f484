/** What every verified token must meet. */
import { invalidToken } from '../errors.ts'
import { BEARER_MARK } from '../issue/claims.ts'
import type { Requirement } from './check.ts'

/**
 * The token is in its time: `nbf` has come and `exp` has not (RFC 7519, sections 4.1.4 and 4.1.5).
 * @param now the clock, in milliseconds since 1970
 */
export function createTimeRequirement(now: () => number): Requirement {
  return function isInItsTime({ claims: { exp, nbf } }) {
    const seconds = now() / 1000
    if (exp !== undefined) {
      if (!isNumericDate(exp)) throw invalidToken('Token has an exp that is no number', 'malformed')
      if (seconds >= exp) throw invalidToken('Token is expired', 'expired')
    }
    if (nbf !== undefined) {
      if (!isNumericDate(nbf)) throw invalidToken('Token has an nbf that is no number', 'malformed')
      if (seconds < nbf) throw invalidToken('Token is not valid yet', 'not_yet')
    }
  }
}

/** The service bearer is for the remote alone, although its signature may be of the same key (RFC 8725, section 3.12). */
export const isNoServiceBearer: Requirement = function isNoServiceBearer({ claims }) {
  if (claims[BEARER_MARK.claim] === BEARER_MARK.value) {
    throw invalidToken('Token is a service bearer, which is for the remote alone', 'bearer')
  }
}

/** `1e400` reads as Infinity: a token without an end, which nobody means. */
function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
