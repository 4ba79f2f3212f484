/** A setting of header fields that every answer carries. */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import * as z from 'zod'
import { headerMap, OWN_HEADER_FIELDS } from '../settings/headers.ts'
import { reasonAgainst } from '../settings/section.ts'

const name = z
  .string()
  .refine((text) => reasonAgainst(() => validateHeaderName(text)) === undefined, {
    error: 'expected the name of a header field'
  })
  .refine((text) => !OWN_HEADER_FIELDS.has(text.toLowerCase()), {
    error: 'this header field is set by the service itself, expected another name'
  })

const VALUE_EXPECTED = 'expected the value of a header field: visible characters and spaces'
const value = z
  .string(VALUE_EXPECTED)
  .refine((text) => reasonAgainst(() => validateHeaderValue('x', text)) === undefined, {
    error: VALUE_EXPECTED
  })

export const responseHeaders = headerMap(name, value).meta({
  title: 'a map of header fields and their values'
})
