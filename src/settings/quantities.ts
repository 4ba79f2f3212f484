/** Settings that are numbers, switches, durations, sizes and dates. Each has a description, which messages use, and the reference as `title`. */
import * as z from 'zod'
import { DURATION, parseDuration, parseSize, SIZE } from './units.ts'

/** A whole number, also as text, which `${PORT}` gives. */
export function integer(least: number, most: number) {
  const title = `a whole number from ${least} to ${most}`
  const expected = `expected ${title}`
  const number = z.int(expected).meta({ minimum: least, maximum: most })
  return z
    .union([number, z.string().regex(/^\d+$/, expected).transform(Number)], {
      error: expected
    })
    .refine((value) => value >= least && value <= most, { error: expected })
    .meta({ title })
}

/**
 * An exact number to compare with: beyond these limits, JavaScript treats different numbers as equal.
 * @param expected the error for other values
 */
export function exactNumber(expected: string) {
  return z
    .number(expected)
    .refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
      error: 'expected a number that is exact, up to 9007199254740991'
    })
}

/** A switch, also as text. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')], {
    error: 'expected true or false'
  })
  .meta({ title: 'true or false' })

/** A duration, in milliseconds once parsed. */
export function duration(least: string, most: string) {
  const title = `a duration from ${least} to ${most}`
  const expected = `expected ${title}, such as 500ms, 5s, 15m or 1.5h`
  return z
    .string(expected)
    .regex(DURATION, expected)
    .meta({ title })
    .transform((text) => (DURATION.test(text) ? parseDuration(text) : 0))
    .refine((value) => value >= parseDuration(least) && value <= parseDuration(most), {
      error: expected
    })
}

/** A duration, in seconds once parsed: the unit of the times in a token (RFC 7519, section 2). */
export function seconds(least: string, most: string) {
  return duration(least, most).transform((milliseconds) => milliseconds / 1000)
}

/** A duration, in whole seconds once parsed. */
export function wholeSeconds(least: string, most: string) {
  return duration(least, most).transform((milliseconds) => Math.floor(milliseconds / 1000))
}

/** A duration before or after something, in whole seconds once parsed; before it with a minus sign. */
export function offset(most: string) {
  const title = `a duration up to ${most}, before it with a minus sign`
  const expected = `expected ${title}, such as -15s or 1m`
  const isOffset = (text: string) => DURATION.test(text.replace(/^-/, ''))
  return z
    .string(expected)
    .refine(isOffset, { error: expected })
    .meta({ title })
    .transform((text) => {
      if (!isOffset(text)) return 0
      return text.startsWith('-') ? -parseDuration(text.slice(1)) : parseDuration(text)
    })
    .refine((value) => Math.abs(value) <= parseDuration(most), { error: expected })
    .transform((milliseconds) => Math.floor(milliseconds / 1000))
}

/** A size, in bytes once parsed. */
export function size(least: string, most: string) {
  const title = `a size from ${least} to ${most}`
  const expected = `expected ${title}, such as 512B, 16KiB or 1MiB`
  return z
    .string(expected)
    .regex(SIZE, expected)
    .meta({ title })
    .transform((text) => (SIZE.test(text) ? parseSize(text) : 0))
    .refine((value) => value >= parseSize(least) && value <= parseSize(most), { error: expected })
}

const TITLE = 'a date such as 2026-01-31 or 2026-01-31T12:00:00Z'
const EXPECTED = `expected ${TITLE}`

/** An ISO 8601 date, which begins at midnight UTC, or a date and time with its zone. Milliseconds since 1970 once parsed. */
export const instant = z
  .union([z.iso.date(EXPECTED), z.iso.datetime({ offset: true, error: EXPECTED })], EXPECTED)
  .meta({ title: TITLE })
  .transform((text) => Date.parse(text))
