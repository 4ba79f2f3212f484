/** A setting that is a point in time. */
import * as z from 'zod'

const TITLE = 'a date such as 2026-01-31 or 2026-01-31T12:00:00Z'
const EXPECTED = `expected ${TITLE}`

/** An ISO 8601 date, which begins at midnight UTC, or a date and time with its zone. Milliseconds since 1970 once parsed. */
export const instant = z
  .union([z.iso.date(EXPECTED), z.iso.datetime({ offset: true, error: EXPECTED })], EXPECTED)
  .meta({ title: TITLE })
  .transform((text) => Date.parse(text))
