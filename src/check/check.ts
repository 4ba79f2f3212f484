/** The check pipeline: take the token apart, let the verifiers look at it in order, then the requirements. */
import { invalidToken, ServiceError } from '../errors.ts'
import type { JsonText } from '../json/json-text.ts'
import {
  type OpaqueToken,
  parseAnyToken,
  parseToken,
  type Token,
  type VerifiedClaims
} from '../keys/token.ts'
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
  /** Whether the token is opaque. Its issuer was asked, so it needs no `exp`. */
  readonly isOpaque?: boolean | undefined
  /** Whether the verifier would still accept the token, without verifying it again. Left out where the verifier has to be called each time. */
  readonly isCurrent?: (() => boolean) | undefined
}

/**
 * Verifies a token, or returns undefined for a token of an issuer that it does not know. Throws a ServiceError to reject it.
 * @param token opaque ones only come to the verifiers of a check that takes them
 * @param trace sent with calls for the token
 */
export type Verifier = (
  token: Token | OpaqueToken,
  trace?: TraceHeaders
) => Promise<Verified | undefined> | Verified | undefined

/** Throws a ServiceError for a verified token that does not meet it. */
export type Requirement = (verified: Verified) => void

/** An accepted token. */
export interface CheckedToken {
  readonly token: Token | OpaqueToken
  /** With `groups` among them, where the route looks groups up. */
  readonly claims: VerifiedClaims
  /** The claims as JSON text, digit for digit. */
  readonly claimsText: JsonText
}

/** The known parts of a rejected token. */
export interface RejectedToken {
  readonly token: Token | OpaqueToken
  /** What a verifier returned for it. Left out where none accepted it: anyone could have written the token. */
  readonly verified?: Verified
}

/** Gets the known parts of a rejected token that can be read. A good token does not change it. */
interface RejectionNote {
  rejected?: RejectedToken
}

export interface CheckOptions {
  readonly verifiers: readonly Verifier[]
  readonly requirements: readonly Requirement[]
  /** Finds the groups of the subject, once all requirements are met. Default: claims stay unchanged. */
  readonly resolveGroups?: ResolveGroups | undefined
  /** Levels that the JSON of header and payload may nest. */
  readonly maxDepth: number
  /** The longest token, in characters. Default: no limit. */
  readonly maxTokenLength?: number | undefined
  /** Whether a verifier accepts opaque tokens. Default: they are malformed. */
  readonly takesOpaque?: boolean | undefined
  /** Holds verified tokens. Default: each token is verified again. */
  readonly cache?: CheckCache | undefined
}

/**
 * Checks a token. Returns a promise only where it has to wait.
 * @param trace the trace that the check is a part of, sent with its calls
 * @param note gets the known parts of a rejected token
 * @returns the token, verified and with all requirements met
 * @throws ServiceError for everything else. An error ends the check: no weaker verifier is called after it.
 */
export type Check = (
  raw: string,
  trace?: TraceHeaders,
  note?: RejectionNote
) => Promise<CheckedToken> | CheckedToken

/** Makes the check of one route. Verifiers and requirements are called in the given order. */
export function createCheck(options: CheckOptions): Check {
  const { verifiers, requirements, resolveGroups, maxDepth, maxTokenLength, cache } = options
  const parse = options.takesOpaque === true ? parseAnyToken : parseToken

  function verify(
    token: Token | OpaqueToken,
    trace: TraceHeaders | undefined,
    next: number
  ): Found {
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

  function assertRequirements(entry: CacheEntry, note: RejectionNote | undefined): void {
    try {
      for (const require of requirements) require(entry.verified)
    } catch (error) {
      cache?.forget(entry.checked.token.raw)
      throw noteRejected(error, note, toRejected(entry))
    }
  }

  function addGroups(entry: CacheEntry, trace?: TraceHeaders, note?: RejectionNote) {
    const { checked } = entry
    if (resolveGroups === undefined) return checked
    return resolveGroups(checked.claims, trace).then(
      (groups) => withGroups(checked, groups),
      (error) => {
        throw noteRejected(error, note, toRejected(entry))
      }
    )
  }

  return function check(raw, trace, note) {
    const known = cache?.find(raw)
    if (known !== undefined) {
      assertRequirements(known, note)
      return addGroups(known, trace, note)
    }
    const token = parse(raw, maxDepth, maxTokenLength)
    let found: Found
    try {
      found = verify(token, trace, 0)
    } catch (error) {
      throw noteRejected(error, note, { token })
    }
    return found instanceof Promise
      ? found.then(accept, (error) => {
          throw noteRejected(error, note, { token })
        })
      : accept(found)

    function accept(entry: CacheEntry) {
      assertRequirements(entry, note)
      cache?.keep(entry)
      return addGroups(entry, trace, note)
    }
  }
}

function toRejected({ verified, checked: { token } }: CacheEntry): RejectedToken {
  return { token, verified }
}

/** @returns the error, to be thrown. An unexpected one is not a rejection. */
function noteRejected(
  error: unknown,
  note: RejectionNote | undefined,
  rejected: RejectedToken
): unknown {
  if (note !== undefined && error instanceof ServiceError) note.rejected = rejected
  return error
}

type Found = Promise<CacheEntry> | CacheEntry

function toEntry(token: Token | OpaqueToken, verified: Verified): CacheEntry {
  const { claims, claimsText = textOf(token) } = verified
  return { verified, checked: { token, claims, claimsText } }
}

function textOf(token: Token | OpaqueToken): JsonText {
  if (token.header === undefined) throw new TypeError('expected the claims of an opaque token')
  return token.payloadText
}
