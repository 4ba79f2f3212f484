/** Groups that are looked up by claims of a token: by the subject, or by other claims that identify it. */
import { invalidToken } from '../../errors.ts'
import { parseJsonPath, valueAtPath } from '../../json/json-path.ts'
import type { VerifiedClaims } from '../../keys/token.ts'
import type { TraceHeaders } from '../../remote/trace-context.ts'
import type { Variable } from '../../settings/template.ts'
import { createSharedCache } from '../shared-cache.ts'
import type { GroupResolver } from './group-resolver.ts'

/** The claims of a look-up, by their names in the configuration. */
export type ClaimTexts = ReadonlyMap<string, string>

export interface GroupLookup {
  /** The claims that it uses, or parts of them. */
  readonly claims: readonly Variable[]
  /**
   * Finds the groups; undefined where the place does not know the subject. Throws a ServiceError where the place is unavailable.
   * @param trace what calls for it carry
   */
  readonly find: (
    claims: ClaimTexts,
    trace?: TraceHeaders
  ) => Promise<readonly string[] | undefined>
}

export interface SubjectGroupsOptions {
  readonly lookup: GroupLookup
  /** How long, and for how many subjects, answers are cached, also for unknown subjects. */
  readonly cache: { readonly forMs: number; readonly entries: number }
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/** A lone surrogate of UTF-16 has no UTF-8: two subjects would be looked up as one. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** Has no answer for tokens without one of the claims, or the part. Several checks of one subject at a time share one look-up. */
export function createSubjectGroups(options: SubjectGroupsOptions): GroupResolver {
  const { lookup, cache, now } = options
  const getShared = createSharedCache<readonly string[] | undefined>({
    entries: cache.entries,
    now
  })
  const wanted = lookup.claims.map((claim) => ({ ...claim, path: parseJsonPath(claim.name) }))

  return async function lookUpGroups(claims, trace) {
    const texts = new Map<string, string>()
    for (const { name, path, cut } of wanted) {
      const text = nameIn(valueAtPath(claims, path), name)
      if (text === undefined || cut(text) === undefined) return undefined
      texts.set(name, text)
    }
    return getShared(JSON.stringify([...texts.values()]), async () => {
      const until = now() + cache.forMs
      return { value: await lookup.find(texts, trace), until }
    })
  }
}

/** @returns undefined for a token without the claim */
function nameIn(value: VerifiedClaims[string], claim: string): string | undefined {
  if (value === undefined) return undefined
  // Numbers of employees are names too; a `sub` is text (RFC 7519, section 4.1.2).
  if (claim !== 'sub' && Number.isSafeInteger(value)) return String(value)
  if (typeof value !== 'string' || value === '' || LONE_SURROGATE.test(value)) {
    throw invalidToken(`Token has a ${claim} that is not a name`, 'subject')
  }
  return value
}
