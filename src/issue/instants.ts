/** Times in JSON, in the notations of other systems. */

/** A little after the end of the year 9999. Larger numbers are of a smaller unit; as milliseconds this was in March of 1978. */
const MOST_SECONDS = 260_000_000_000
/** Milliseconds, microseconds, nanoseconds. */
const SMALLER_UNITS = 3
const THOUSAND = 1000

/** The seconds of 999999999999 and longer rows of nines. Systems write them, and powers of ten, for "never", and not for that day of 2001. */
const NINES = 999_999_999

/** Digits in text. */
const NUMBER = /^[-+]?\d+(?:\.\d+)?$/

/** Words of systems for "never". */
const WITHOUT_END: ReadonlySet<string> = new Set([
  '',
  'never',
  'none',
  'null',
  'infinity',
  'infinite',
  'unlimited',
  'forever'
])

/** The zero dates of Go and .NET, MySQL, Windows and Unix, which mean that there is no date. */
const ZERO_DATE = /^(?:0001-01-01|0000-00-00|1601-01-01|1970-01-01)(?:$|[Tt ])/
/** The same in seconds, and -1. */
const ZERO_SECONDS: ReadonlySet<unknown> = new Set([0, -1, -62_135_596_800, -11_644_473_600])

/** A date of HTTP (RFC 9110, section 5.6.7) or of mail (RFC 5322, section 3.3), which JSON has where a server writes all its dates so. */
const HTTP_DATE =
  /^[A-Z][a-z]{2}, (\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) (GMT|UTC|[-+]\d{4})$/
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'

/** An ISO 8601 date, which begins at midnight UTC, or a date and time with its zone (RFC 3339, section 5.6, with the spellings of databases). */
const DATE =
  /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?([Zz]|UTC|GMT|[-+]\d\d(?::?\d\d)?))?$/
/** The hours and minutes of a zone. */
const OFFSET = /^([-+]\d\d):?(\d\d)?$/
/** The last date of .NET and of databases, in any time zone. */
const LAST_DATE = /^9999-12-31(?:$|[Tt ])/

/** A date after the year 9999, such as the last ones of JavaScript, Java and PostgreSQL. Zeros before a year do not make it later. */
const DATE_BEYOND_9999 = /^\+?0*[1-9]\d{4,}-\d\d-\d\d(?:$|[Tt ])/
/** A date from the year 2200 on. No token lives that long, so its zone does not matter. */
const FAR_DATE = /^(?:2[2-9]|[3-9]\d)\d\d-/

/**
 * Reads an expiry: a number of seconds since 1970, or of milliseconds, microseconds or nanoseconds where it is too large for that, such a number in text, or a date of ISO 8601 or HTTP.
 * @param value a value of JSON
 * @returns whole seconds since 1970, not later than the instant; Infinity for "never": null, false, 0, -1, a word such as `never`, a zero date, the last day of the year 9999 or a date after it;
 *   undefined for anything else
 */
export function parseEnd(value: unknown): number | undefined {
  if (value === null || value === false) return Number.POSITIVE_INFINITY
  if (typeof value === 'number') {
    const seconds = toSeconds(value)
    return ZERO_SECONDS.has(seconds) ? Number.POSITIVE_INFINITY : seconds
  }
  if (typeof value !== 'string') return undefined
  const text = toIsoDate(value.trim())
  const isWithoutEnd =
    WITHOUT_END.has(text.toLowerCase()) ||
    [ZERO_DATE, LAST_DATE, DATE_BEYOND_9999].some((one) => one.test(text))
  if (isWithoutEnd) return Number.POSITIVE_INFINITY
  if (NUMBER.test(text)) return parseEnd(Number(text))
  return parseDate(text) ?? (FAR_DATE.test(text) ? parseDate(`${text}Z`) : undefined)
}

/** A smaller number of seconds counts from now on. Since 1970 it would be a time before September 2001, and no reply that is new has expired then. */
const LEAST_INSTANT = 1_000_000_000

/**
 * Reads an expiry as {@link parseEnd} does, or a number of seconds from now on, as in `expires_in` (RFC 6749, section 5.1).
 * @param value a value of JSON; a number from 0 to 1000000000, or such a number in text, counts from now on
 * @param nowSeconds in seconds since 1970
 * @param isDuration whether larger numbers of seconds count from now on too
 */
export function parseEndFrom(
  value: unknown,
  nowSeconds: number,
  isDuration: boolean
): number | undefined {
  const text = typeof value === 'string' ? value.trim() : ''
  const number = NUMBER.test(text) ? Number(text) : value
  // Even larger numbers are milliseconds since 1970, whatever their name.
  const end = isDuration ? MOST_SECONDS : LEAST_INSTANT
  return typeof number === 'number' && number > 0 && number < end
    ? nowSeconds + Math.floor(number)
    : parseEnd(value)
}

/**
 * Reads an instant as {@link parseEnd} does, except for "never".
 * @returns whole seconds since 1970, or Infinity for a number that is too large for any unit; undefined for any other value
 */
export function parseInstant(value: unknown): number | undefined {
  if (typeof value === 'number') return toSeconds(value)
  if (typeof value !== 'string') return undefined
  const text = toIsoDate(value.trim())
  return NUMBER.test(text) ? toSeconds(Number(text)) : parseDate(text)
}

/** Interprets a number in the largest unit that gives a date of this age. */
function toSeconds(value: number): number {
  let seconds = Math.floor(value)
  for (let units = 0; Math.abs(seconds) > MOST_SECONDS; units++) {
    if (units === SMALLER_UNITS) return value > 0 ? Number.POSITIVE_INFINITY : Math.floor(value)
    seconds = Math.floor(seconds / THOUSAND)
    if (seconds === NINES || seconds === NINES + 1) return Number.POSITIVE_INFINITY
  }
  return seconds
}

/** A date of HTTP as ISO 8601; any other text unchanged. */
function toIsoDate(text: string): string {
  const [, day = '', month = '', year, time, zone] = HTTP_DATE.exec(text) ?? []
  const at = year === undefined ? -1 : MONTHS.indexOf(month)
  if (at === -1) return text
  return `${year}-${String(at / 3 + 1).padStart(2, '0')}-${day.padStart(2, '0')}T${time} ${zone}`
}

function parseDate(text: string): number | undefined {
  const [, day, time = '00:00', zone = 'Z'] = DATE.exec(text) ?? []
  if (day === undefined) return undefined
  // Date.parse takes a 30th of February for a day in March.
  const midnight = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return undefined
  const [, hours, minutes = '00'] = OFFSET.exec(zone) ?? []
  const milliseconds = Date.parse(
    `${day}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`
  )
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / THOUSAND)
}
