/** The values taken from a remote's reply: its claims, and its expiry. */
import { dropMembers } from '../../../json/drop-members.ts'
import { MOST_CLAIMS, readObject } from '../../../json/json-members.ts'
import { formatJsonPath, type JsonPath, textAt, textsAt } from '../../../json/json-path.ts'
import type { JsonText } from '../../../json/json-text.ts'
import { remoteReply } from '../../../remote/remote-errors.ts'
import { type Claims, IDENTITY_CLAIMS, RESERVED_CLAIMS, toIdentity } from '../../claims.ts'
import { parseEndFrom } from '../../instants.ts'
import type { IssueRequest } from '../../issue.ts'
import { createNameMatcher } from '../../name-patterns.ts'

/** Makes claims from a reply. Throws a ServiceError `remote_reply` for a reply that lacks required values. */
export type TakeClaims = (reply: JsonText) => Claims

/** A claim, and its path in the reply. */
interface Pick {
  readonly claim: string
  readonly path: JsonPath
  /** Whether a reply may lack it. */
  readonly isOptional: boolean
}

export interface TakeClaimsOptions {
  /** The claim that the whole reply is put under. */
  readonly at?: string | undefined
  /** The picked claims, beside the whole reply or in place of it. */
  readonly pick?: readonly Pick[] | undefined
  /** Patterns of names that are dropped from the reply, at any depth, in upper or lower case. */
  readonly drop?: readonly string[] | undefined
  /** Whether a reply that is null adds no claims where its members would be claims. Default: it is an error, as any that is not an object. */
  readonly takesNull?: boolean | undefined
}

const NO_CLAIMS: Claims = new Map()

/** With neither `at` nor `pick`, the members of the reply are the claims. */
export function createTakeClaims({ at, pick, drop, takesNull }: TakeClaimsOptions): TakeClaims {
  const isDropped = drop === undefined ? undefined : createCaselessMatcher(drop)
  const clean = (text: JsonText) => (isDropped === undefined ? text : dropMembers(text, isDropped))

  if (at !== undefined && pick === undefined) {
    return function putUnderClaim(reply) {
      return new Map([[at, clean(reply)]])
    }
  }
  if (pick !== undefined) {
    const paths = pick.map(({ path }) => path)
    return function pickClaims(reply) {
      const found = textsAt(reply, paths)
      const claims = new Map<string, JsonText>()
      if (at !== undefined) claims.set(at, clean(reply))
      for (const [index, one] of pick.entries()) {
        const picked = pickClaim(found[index], one, clean)
        if (picked !== undefined) claims.set(one.claim, picked)
      }
      return claims
    }
  }
  return function mergeMembers(reply) {
    if (takesNull && reply === NULL) return NO_CLAIMS
    if (!reply.startsWith('{')) throw remoteReply('reply is not an object')
    const claims = readObject(clean(reply), MOST_CLAIMS)
    if (claims.size > MOST_CLAIMS) throw remoteReply(`reply has more than ${MOST_CLAIMS} members`)
    for (const name of RESERVED_CLAIMS) claims.delete(name)
    for (const name of IDENTITY_CLAIMS) claims.delete(name)
    return claims
  }
}

function createCaselessMatcher(patterns: readonly string[]): (name: string) => boolean {
  const matches = createNameMatcher(patterns.map((pattern) => pattern.toLowerCase()))
  return (name) => matches(name.toLowerCase())
}

function pickClaim(
  found: JsonText | undefined,
  { claim, path, isOptional }: Pick,
  clean: (text: JsonText) => JsonText
): JsonText | undefined {
  if (found === undefined) {
    if (isOptional) return undefined
    throw remoteReply(`reply has no ${formatJsonPath(path)}`)
  }
  if (!IDENTITY_CLAIMS.has(claim)) return clean(found)
  if (found === NULL && isOptional) return undefined
  const identity = toIdentity(claim, found)
  if (identity === undefined) {
    const expected = claim === 'aud' ? 'text or a list of texts' : 'text'
    throw remoteReply(
      `${formatJsonPath(path)} of the reply is ${kindOf(found)}, expected ${expected} for ${claim}`
    )
  }
  return identity
}

const NULL = 'null'
const EMPTY = '""'

/** Describes a value that cannot be a claim of identity, for a message; never the value itself. */
function kindOf(value: JsonText): string {
  if (value === NULL) return NULL
  if (value === EMPTY) return 'an empty text'
  if (value.startsWith('[')) return value === '[]' ? 'an empty list' : 'a list'
  return value.startsWith('{') ? 'an object' : 'true or false'
}

/** The path of the expiry in a reply. */
export interface ExpiryPath {
  readonly path: JsonPath
  /** Whether a reply may lack it. */
  readonly isOptional: boolean
}

/**
 * Limits a request to the expiry of the reply.
 * @param reply undefined for an empty one
 * @param askedAtSeconds when the remote was called, in seconds since 1970: a number of seconds counts from then on
 * @throws ServiceError `remote_reply` for a reply without the time, or with an unreadable one. A reply that never expires limits nothing.
 */
export type NoteExpiry = (
  reply: JsonText | undefined,
  limit: IssueRequest['limit'],
  askedAtSeconds: number
) => void

/** The ends of names of a time from now on, without separators: `expires_in`, `refreshExpiresIn`, `ttl`, `ttl_seconds`. */
const DURATION_NAME = /(?:expiresin|ttl)(?:seconds)?$/i

export function createNoteExpiry({ path, isOptional }: ExpiryPath): NoteExpiry {
  const name = formatJsonPath(path)
  const isDuration = DURATION_NAME.test((path.at(-1) ?? '').replaceAll(/[^a-z]/gi, ''))

  return function noteExpiry(reply, limit, askedAtSeconds) {
    const found = reply === undefined ? undefined : textAt(reply, path)
    if (found === undefined) {
      if (isOptional) return
      throw remoteReply(`reply has no ${name}`)
    }
    const seconds = parseEndFrom(JSON.parse(found), askedAtSeconds, isDuration)
    if (seconds === undefined) {
      throw remoteReply(
        `${name} of the reply is no time that can be read, expected seconds from now on, seconds or milliseconds since 1970, a date with its zone, or null for no end`
      )
    }
    if (seconds === Number.POSITIVE_INFINITY) return
    limit.expiresAt = Math.min(seconds, limit.expiresAt ?? Number.POSITIVE_INFINITY)
  }
}
