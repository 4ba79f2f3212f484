/** What is taken of a remote's reply: its claims, and the time at which it expires. */
import { dropMembers } from '../../../json/drop-members.ts'
import { itemsOf, MOST_CLAIMS, readObject } from '../../../json/json-members.ts'
import { formatJsonPath, type JsonPath, textAt, textsAt } from '../../../json/json-path.ts'
import type { JsonText } from '../../../json/json-text.ts'
import { remoteReply } from '../../../remote/remote-errors.ts'
import { type Claims, IDENTITY_CLAIMS, RESERVED_CLAIMS } from '../../claims.ts'
import type { IssueRequest } from '../../issue.ts'
import { createNameMatcher } from '../../name-patterns.ts'

/** Makes claims out of a reply. Throws a ServiceError `remote_reply` for a reply that lacks what it should have. */
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
  /** What is taken of the reply. */
  readonly pick?: readonly Pick[] | undefined
  /** Patterns of the names that are left out of what is taken, however deep they are, in upper or lower case. */
  readonly drop?: readonly string[] | undefined
}

/** With neither `at` nor `pick`, the members of the reply are the claims. */
export function createTakeClaims({ at, pick, drop }: TakeClaimsOptions): TakeClaims {
  const isDropped = drop === undefined ? undefined : createCaselessMatcher(drop)
  const clean = (text: JsonText) => (isDropped === undefined ? text : dropMembers(text, isDropped))

  if (at !== undefined) {
    return function putUnderClaim(reply) {
      return new Map([[at, clean(reply)]])
    }
  }
  if (pick !== undefined) {
    const paths = pick.map(({ path }) => path)
    return function pickClaims(reply) {
      const found = textsAt(reply, paths)
      return new Map(pick.flatMap((one, index) => pickClaim(found[index], one, clean)))
    }
  }
  return function mergeMembers(reply) {
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
): [string, JsonText][] {
  if (found === undefined) {
    if (isOptional) return []
    throw remoteReply(`reply has no ${formatJsonPath(path)}`)
  }
  if (!IDENTITY_CLAIMS.has(claim)) return [[claim, clean(found)]]
  const identity = toIdentity(claim, found)
  if (identity === undefined) {
    throw remoteReply(`${formatJsonPath(path)} of the reply is no ${claim}, expected text`)
  }
  return [[claim, identity]]
}

const NUMBER = /^[-\d]/
const EMPTY = '""'

/**
 * Turns a value into one that an identity claim may have (RFC 7519, sections 4.1.1 to 4.1.3): text, or for `aud` a list of texts. A number, as many APIs give for an id,
 * becomes text with the same digits.
 * @returns undefined for anything else, and for empty text
 */
function toIdentity(claim: string, value: JsonText): JsonText | undefined {
  if (claim !== 'aud' || !value.startsWith('[')) return toNonEmptyText(value)
  const items = itemsOf(value).map(toNonEmptyText)
  return items.length === 0 || items.includes(undefined)
    ? undefined
    : (`[${items.join(',')}]` as JsonText)
}

function toNonEmptyText(value: JsonText): JsonText | undefined {
  if (value.startsWith('"')) return value === EMPTY ? undefined : value
  return NUMBER.test(value) ? (`"${value}"` as JsonText) : undefined
}

/** Where a reply has the time at which it expires. */
export interface ExpiryPath {
  readonly path: JsonPath
  /** Whether a reply may lack it. */
  readonly isOptional: boolean
}

/**
 * Notes in the limit of a request when the reply expires.
 * @param reply undefined for an empty one
 * @throws ServiceError `remote_reply` for a reply without the time, or with one that cannot be read
 */
export type NoteExpiry = (reply: JsonText | undefined, limit: IssueRequest['limit']) => void

/** An ISO 8601 date, which begins at midnight UTC, or a date and time with its zone. */
const DATE = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/

/** Larger numbers are milliseconds: as seconds this is in the year 5138, as milliseconds it was in 1973. */
const MOST_SECONDS = 1e11

export function createNoteExpiry({ path, isOptional }: ExpiryPath): NoteExpiry {
  const name = formatJsonPath(path)

  return function noteExpiry(reply, limit) {
    const found = reply === undefined ? undefined : textAt(reply, path)
    if (found === undefined) {
      if (isOptional) return
      throw remoteReply(`reply has no ${name}`)
    }
    const seconds = parseInstant(JSON.parse(found))
    if (seconds === undefined) {
      throw remoteReply(`${name} of the reply is no time, expected seconds, milliseconds or a date`)
    }
    limit.expiresAt = Math.min(seconds, limit.expiresAt ?? Number.POSITIVE_INFINITY)
  }
}

/**
 * @param value a number of seconds or milliseconds since 1970, or an ISO 8601 date
 * @returns whole seconds since 1970, not later than the instant; undefined for anything else
 */
function parseInstant(value: unknown): number | undefined {
  const milliseconds = typeof value === 'string' ? parseDate(value) : toMilliseconds(value)
  return Number.isFinite(milliseconds) ? Math.floor(milliseconds / 1000) : undefined
}

function toMilliseconds(value: unknown): number {
  if (typeof value !== 'number') return Number.NaN
  return value > MOST_SECONDS ? value : value * 1000
}

function parseDate(text: string): number {
  const [, day] = DATE.exec(text) ?? []
  if (day === undefined) return Number.NaN
  // Date.parse takes a 30th of February for a day in March.
  const midnight = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return Number.NaN
  return Date.parse(text)
}
