/** Groups that are looked up by the subject of a token, wherever they are kept. */
import { invalidToken } from '../../errors.ts'
import type { VerifiedClaims } from '../../keys/token.ts'
import type { TraceHeaders } from '../../remote/trace-context.ts'
import { createSharedCache } from '../shared-cache.ts'
import type { GroupResolver } from './group-resolver.ts'

/**
 * Finds the groups of a subject; undefined where the place does not know it. Throws a ServiceError where the place is unavailable.
 * @param trace what calls for it carry
 */
export type GroupLookup = (
  subject: string,
  trace?: TraceHeaders
) => Promise<readonly string[] | undefined>

export interface SubjectGroupsOptions {
  readonly lookup: GroupLookup
  /** How long, and for how many subjects, answers are kept, also the answer that a subject is unknown. */
  readonly cache: { readonly forMs: number; readonly entries: number }
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/** Without its other half, half a pair of UTF-16 has no UTF-8: two subjects would be looked up as one. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** Has no answer for tokens without a `sub`. Several checks of one subject at a time share one look-up. */
export function createSubjectGroups(options: SubjectGroupsOptions): GroupResolver {
  const { lookup, cache, now } = options
  const getShared = createSharedCache<readonly string[] | undefined>({
    entries: cache.entries,
    now
  })

  return async function lookUpGroups(claims, trace) {
    const subject = subjectOf(claims)
    if (subject === undefined) return undefined
    return getShared(subject, async () => {
      const until = now() + cache.forMs
      return { value: await lookup(subject, trace), until }
    })
  }
}

function subjectOf({ sub }: VerifiedClaims): string | undefined {
  if (sub === undefined) return undefined
  if (typeof sub !== 'string' || sub === '' || LONE_SURROGATE.test(sub)) {
    throw invalidToken('Token has a sub that is not a name', 'subject')
  }
  return sub
}
