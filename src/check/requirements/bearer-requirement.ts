/** Service bearers are no tokens to be checked. */
import { invalidToken } from '../../errors.ts'
import { BEARER_MARK } from '../../service-bearer-mark.ts'
import type { Requirement } from '../check.ts'

/** The service bearer is for the remote alone, although its signature may be of the same key (RFC 8725, section 3.12). */
export const isNoServiceBearer: Requirement = function isNoServiceBearer({ claims }) {
  if (claims[BEARER_MARK.claim] === BEARER_MARK.value) {
    throw invalidToken('Token is a service bearer, which is for the remote alone', 'bearer')
  }
}
