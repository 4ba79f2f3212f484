/** Whom a token is for. */
import { invalidToken } from '../../errors.ts'
import type { Requirement } from '../check.ts'

/**
 * One of the audiences is among those of the token (RFC 7519, section 4.1.3).
 * @param audiences what this service, or who it checks for, is called
 */
export function createAudienceRequirement(audiences: readonly string[]): Requirement {
  return function isForAudience({ claims: { aud } }) {
    const isFor = Array.isArray(aud)
      ? aud.some((one) => audiences.includes(one))
      : typeof aud === 'string' && audiences.includes(aud)
    if (!isFor) throw invalidToken('Token is for another audience', 'audience')
  }
}
