/** The check pipeline: take the token apart, let the verifiers look at it in order, then the requirements. */
import { invalidToken } from '../errors.ts'
import type { JsonText } from '../json/json-text.ts'
import { parseToken, type Token, type VerifiedClaims } from '../keys/token.ts'
import type { TraceHeaders } from '../remote/trace-context.ts'
import type { CacheEntry, CheckCache } from './check-cache.ts'
import { type ResolveGroups, withGroups } from './groups/group-resolver.ts'

/** What a verifier returns for a token that it accepts. */
export interface Verified {
  readonly claims: VerifiedClaims
  /** The name of the key that verified it, where it has one. The `kid` in the header is chosen by the client, who may leave it out. */
  readonly kid?: string | undefined
  /** The claims as JSON text, where they are not the payload of the token. */
  readonly claimsText?: JsonText | undefined
  /** Whether the verifier would still accept the token, without looking at it again. Left out where the verifier has to be asked each time. */
  readonly isCurrent?: (() => boolean) | undefined
}

/**
 * Verifies a token, or returns undefined for a token of an issuer that it does not know. Throws a ServiceError to reject it.
 * @param trace what calls for it carry
 */
export type Verifier = (
  token: Token,
  trace?: TraceHeaders
) => Promise<Verified | undefined> | Verified | undefined

/** Throws a ServiceError for a verified token that does not meet it. */
export type Requirement = (verified: Verified) => void

/** A token that is good. */
export interface CheckedToken {
  readonly token: Token
  /** With `groups` among them as the route finds them, where it does. */
  readonly claims: VerifiedClaims
  /** The claims as JSON text, digit for digit. */
  readonly claimsText: JsonText
}

export interface CheckOptions {
  readonly verifiers: readonly Verifier[]
  readonly requirements: readonly Requirement[]
  /** Finds the groups of the subject, once all requirements are met. Left out, claims stay as they are. */
  readonly resolveGroups?: ResolveGroups | undefined
  /** Levels that the JSON of header and payload may nest. */
  readonly maxDepth: number
  /** The longest token, in characters. Default: no limit. */
  readonly maxTokenLength?: number | undefined
  /** Holds tokens that were verified before; each is verified anew when left out. */
  readonly cache?: CheckCache | undefined
}

/**
 * Checks a token. Returns a promise only where it has to wait.
 * @param trace the trace that the check is a part of, which calls for it carry
 * @returns the token, verified and with all requirements met
 * @throws ServiceError for everything else. An error ends the check: no weaker verifier is asked after it.
 */
export type Check = (raw: string, trace?: TraceHeaders) => Promise<CheckedToken> | CheckedToken

/** Makes the check of one route. Verifiers and requirements are asked in the order given. */
export function createCheck(options: CheckOptions): Check {
  const { verifiers, requirements, resolveGroups, maxDepth, maxTokenLength, cache } = options

  function verify(token: Token, trace: TraceHeaders | undefined, next: number): Found {
    for (let index = next; index < verifiers.length; index++) {
      const verified = verifiers[index]?.(token, trace)
      if (verified instanceof Promise) {
        return verified.then((found) =>
          found === undefined ? verify(token, trace, index + 1) : toEntry(token, found)
        )
      }
      if (verified !== undefined) return toEntry(token, verified)
    }
    throw invalidToken('Token is signed with a key or an algorithm that is not accepted', 'key')
  }

  function assertRequirements({ verified, checked }: CacheEntry): void {
    try {
      for (const require of requirements) require(verified)
    } catch (error) {
      cache?.forget(checked.token.raw)
      throw error
    }
  }

  function accept(entry: CacheEntry): CheckedToken {
    assertRequirements(entry)
    cache?.keep(entry)
    return entry.checked
  }

  function addGroups(checked: CheckedToken, trace?: TraceHeaders) {
    if (resolveGroups === undefined) return checked
    return resolveGroups(checked.claims, trace).then((groups) => withGroups(checked, groups))
  }

  return function check(raw, trace) {
    const known = cache?.find(raw)
    if (known !== undefined) {
      assertRequirements(known)
      return addGroups(known.checked, trace)
    }
    const found = verify(parseToken(raw, maxDepth, maxTokenLength), trace, 0)
    return found instanceof Promise
      ? found.then((entry) => addGroups(accept(entry), trace))
      : addGroups(accept(found), trace)
  }
}

type Found = Promise<CacheEntry> | CacheEntry

function toEntry(token: Token, verified: Verified): CacheEntry {
  const { claims, claimsText = token.payloadText } = verified
  return { verified, checked: { token, claims, claimsText } }
}
