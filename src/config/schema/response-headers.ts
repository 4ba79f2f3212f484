/** A setting of header fields that every answer carries. */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import * as z from 'zod'
import { headerMap } from './fields.ts'
import { OWN_HEADER_FIELDS } from './own-header-fields.ts'

const name = z
  .string()
  .refine((text) => isTaken(() => validateHeaderName(text)), {
    error: 'expected the name of a header field'
  })
  .refine((text) => !OWN_HEADER_FIELDS.has(text.toLowerCase()), {
    error: 'this header field is set by the service itself, expected another name'
  })

const VALUE_EXPECTED = 'expected the value of a header field: visible characters and spaces'
const value = z
  .string(VALUE_EXPECTED)
  .refine((text) => isTaken(() => validateHeaderValue('x', text)), { error: VALUE_EXPECTED })

export const responseHeaders = headerMap(name, value).meta({
  title: 'a map of header fields and their values'
})

function isTaken(validate: () => void): boolean {
  try {
    validate()
    return true
  } catch {
    return false
  }
}
