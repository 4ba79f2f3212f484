/** Who a token is about. */
import { invalidToken } from '../../errors.ts'
import type { Requirement } from '../check.ts'

/** The token says who it is about (RFC 7519, section 4.1.2). */
export const hasSubject: Requirement = function hasSubject({ claims: { sub } }) {
  if (typeof sub !== 'string' || sub === '') throw invalidToken('Token has no sub', 'subject')
}
