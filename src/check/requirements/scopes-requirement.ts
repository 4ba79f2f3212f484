/** What a token lets its holder do. */
import { insufficientScope } from '../../errors.ts'
import type { VerifiedClaims } from '../../keys/token.ts'
import type { Requirement } from '../check.ts'

export interface RequiredScopes {
  readonly scopes: readonly string[]
  /** Whether all of them have to be there, or any one does. */
  readonly match: 'all' | 'any'
}

/** Scopes stand in `scope` (RFC 8693, section 4.2) or `scp`, as text with spaces between them or as a list. */
export function createScopesRequirement({ scopes, match }: RequiredScopes): Requirement {
  const scope = scopes.join(' ')

  return function hasScopes({ claims }) {
    const given = scopesOf(claims)
    const isGiven = (one: string) => given.includes(one)
    if (match === 'all' ? scopes.every(isGiven) : scopes.some(isGiven)) return
    throw insufficientScope('Token does not have the scope that is required', 'scope', { scope })
  }
}

function scopesOf({ scope, scp }: VerifiedClaims): readonly unknown[] {
  return [scope, scp].flatMap((value) =>
    typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : []
  )
}
