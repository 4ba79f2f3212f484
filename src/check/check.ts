/** The check pipeline: take the token apart, let the verifiers look at it in order, then the requirements. */
import { invalidToken } from '../errors.ts'
import type { JsonText } from '../json/json-text.ts'
import { parseToken, type Token, type VerifiedClaims } from '../keys/token.ts'
import type { TraceHeaders } from '../remote/trace-context.ts'
import type { CheckCache, Remembered } from './check-cache.ts'
import { withGroups } from './groups/claim.ts'
import type { ResolveGroups } from './groups/group-resolver.ts'

/** What a verifier has found out about a token. */
export interface Verified {
  readonly claims: VerifiedClaims
  /** The name of the key that has verified it, where it has one. The header's own `kid` is the client's to choose, or to leave out. */
  readonly kid?: string | undefined
  /** The claims as JSON text, where they are not the payload of the token. */
  readonly claimsText?: JsonText | undefined
  /** Whether what has verified it would do so still, without a look at the token. Left out where only asking again can tell. */
  readonly isCurrent?: (() => boolean) | undefined
}

/**
 * Verifies a token, or answers undefined when the token is not its own. Throws a ServiceError to refuse it.
 * @param trace what calls for it carry
 */
export type Verifier = (
  token: Token,
  trace?: TraceHeaders
) => Promise<Verified | undefined> | Verified | undefined

/** Throws a ServiceError when what was verified does not meet it. */
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
  /** The longest token, in characters. Default: as long as it comes. */
  readonly maxTokenLength?: number | undefined
  /** Holds tokens that were verified before; each is verified anew when left out. */
  readonly cache?: CheckCache | undefined
}

/**
 * Checks a token.
 * @param trace the trace that the check is a part of, which calls for it carry
 * @returns the token, verified and with all requirements met
 * @throws ServiceError for everything else. A refusal ends the check: no weaker verifier is asked after it.
 */
export type Check = (raw: string, trace?: TraceHeaders) => Promise<CheckedToken>

/** Makes the check of one route. Verifiers and requirements are asked in the order given. */
export function createCheck(options: CheckOptions): Check {
  const { verifiers, requirements, resolveGroups, maxDepth, maxTokenLength, cache } = options

  async function verify(raw: string, trace?: TraceHeaders): Promise<Remembered> {
    const token = parseToken(raw, maxDepth, maxTokenLength)
    for (const verifyToken of verifiers) {
      const verified = await verifyToken(token, trace)
      if (verified === undefined) continue
      const { claims, claimsText = token.payloadText } = verified
      return { verified, checked: { token, claims, claimsText } }
    }
    throw invalidToken('Token is signed with a key or an algorithm that is not accepted', 'key')
  }

  return async function check(raw, trace) {
    const known = cache?.find(raw)
    const { verified, checked } = known ?? (await verify(raw, trace))
    try {
      for (const require of requirements) require(verified)
    } catch (error) {
      cache?.forget(raw)
      throw error
    }
    if (known === undefined) cache?.keep({ verified, checked })
    return resolveGroups === undefined
      ? checked
      : withGroups(checked, await resolveGroups(checked.claims, trace))
  }
}
