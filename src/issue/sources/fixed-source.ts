/** Claims that the configuration gives. */
import type { Claims } from '../claims.ts'
import type { Source } from '../issue.ts'

/** Makes a source that adds the same claims to every token. */
export function createFixedSource(claims: Claims): Source {
  return function fixedSource() {
    return claims
  }
}
