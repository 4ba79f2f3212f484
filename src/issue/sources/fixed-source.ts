/** Claims that the configuration gives. */
import type { Claims } from '../claims.ts'
import type { Source } from '../issue.ts'

export function createFixedSource(claims: Claims): Source {
  return function fixedSource() {
    return claims
  }
}
