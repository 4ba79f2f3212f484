/** A setting that is the name of an HTTP header. */
import * as z from 'zod'

const TITLE = 'the name of a header'
const EXPECTED = `expected ${TITLE}`

/** RFC 9110, section 5.1. In lower case once parsed. */
export const headerName = z
  .string(EXPECTED)
  .regex(/^[\w!#$%&'*+.^`|~-]+$/, EXPECTED)
  .meta({ title: TITLE })
  .transform((name) => name.toLowerCase())
