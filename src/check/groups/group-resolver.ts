/** The groups of a token's subject: the first place that has an answer says them. */
import type { TraceHeaders } from '../../remote/trace-context.ts'
import type { VerifiedClaims } from '../token.ts'

/**
 * Finds the groups of the subject of verified claims, or answers undefined where this place has no answer: the token has no such
 * claim, the directory no such entry. Throws a ServiceError where it could not find out, which is no answer of that kind.
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

/** Names that differ in case alone are one group; the first spelling stays. */
function withoutDoubles(groups: readonly string[]): readonly string[] {
  const seen = new Map<string, string>()
  for (const name of groups) {
    const key = name.toLowerCase()
    if (!seen.has(key)) seen.set(key, name)
  }
  return [...seen.values()]
}
