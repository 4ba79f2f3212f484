/** The groups of a token's subject, from the first place with an answer. */
import { insufficientScope } from '../../errors.ts'
import { readObject, writeObject } from '../../json/json-members.ts'
import { toJsonText } from '../../json/json-text.ts'
import type { VerifiedClaims } from '../../keys/token.ts'
import type { TraceHeaders } from '../../remote/trace-context.ts'
import type { CheckedToken } from '../check.ts'

/**
 * Finds the groups of the subject of verified claims, or returns undefined where this place has no answer: the token has no such
 * claim, the directory no such entry. Throws a ServiceError where the place is unavailable.
 * @param trace what calls for it carry
 */
export type GroupResolver = (
  claims: VerifiedClaims,
  trace?: TraceHeaders
) => Promise<readonly string[] | undefined> | readonly string[] | undefined

/**
 * Finds the groups of the subject of verified claims: none where no place has an answer.
 * @param trace what calls for it carry
 */
export type ResolveGroups = (
  claims: VerifiedClaims,
  trace?: TraceHeaders
) => Promise<readonly string[]>

/** @param resolvers asked in their order until one has an answer. An empty list is an answer. */
export function createResolveGroups(resolvers: readonly GroupResolver[]): ResolveGroups {
  return async function resolveGroups(claims, trace) {
    for (const resolve of resolvers) {
      const groups = await resolve(claims, trace)
      if (groups !== undefined) return withoutDoubles(groups)
    }
    return []
  }
}

/**
 * Finds groups, and rejects subjects that are in none of the required ones.
 * @param required names, compared without case
 */
export function createRequiredGroups(
  resolveGroups: ResolveGroups,
  required: readonly string[]
): ResolveGroups {
  const accepted = new Set(required.map(withoutCase))

  return async function resolveRequired(claims, trace) {
    const groups = await resolveGroups(claims, trace)
    if (groups.some((name) => accepted.has(withoutCase(name)))) return groups
    throw insufficientScope('Subject is in no group that is required', 'group')
  }
}

/** Names that differ in case alone are one group; the first spelling stays. */
function withoutDoubles(groups: readonly string[]): readonly string[] {
  const seen = new Map<string, string>()
  for (const name of groups) {
    const key = withoutCase(name)
    if (!seen.has(key)) seen.set(key, name)
  }
  return [...seen.values()]
}

function withoutCase(name: string): string {
  return name.toLowerCase()
}

/** The claim that the groups are put under. */
const CLAIM = 'groups'

/** Puts groups among the claims, in place of the groups of the token itself. */
export function withGroups(checked: CheckedToken, groups: readonly string[]): CheckedToken {
  const members = readObject(checked.claimsText)
  return {
    token: checked.token,
    claims: { ...checked.claims, [CLAIM]: groups },
    claimsText: writeObject(new Map([...members, [CLAIM, toJsonText(groups)]]))
  }
}
