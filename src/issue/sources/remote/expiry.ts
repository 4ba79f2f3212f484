/** Until when a reply is true, as the reply itself says. */
import { formatJsonPath, type JsonPath, textAt } from '../../../json/json-path.ts'
import type { JsonText } from '../../../json/json-text.ts'
import { remoteReply } from '../../../remote/remote-errors.ts'
import type { IssueRequest } from '../../issue.ts'

/**
 * Notes it in the limit of a request.
 * @param reply undefined for an empty one
 * @throws ServiceError `remote_reply` where it does not say, or not in a way that can be read
 */
export type NoteExpiry = (reply: JsonText | undefined, limit: IssueRequest['limit']) => void

/** An ISO 8601 date, which begins at midnight UTC, or a date and time with its zone. */
const DATE = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/

/** Larger numbers are milliseconds: as seconds this is in the year 5138, as milliseconds it was in 1973. */
const MOST_SECONDS = 1e11

/** @param isOptional whether a reply may lack it */
export function createNoteExpiry(path: JsonPath, isOptional: boolean): NoteExpiry {
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
