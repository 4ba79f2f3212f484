/** Settings that are names and maps of header fields and cookies. */
import * as z from 'zod'

const HEADER_TITLE = 'the name of a header'
const HEADER_EXPECTED = `expected ${HEADER_TITLE}`

/** RFC 9110, section 5.1. In lower case once parsed. */
export const headerName = z
  .string(HEADER_EXPECTED)
  .regex(/^[\w!#$%&'*+.^`|~-]+$/, HEADER_EXPECTED)
  .meta({ title: HEADER_TITLE })
  .transform((name) => name.toLowerCase())

/** A map of header fields, each once: their names have no case (RFC 9110, section 5.1). */
export function headerMap<Name extends z.core.$ZodRecordKey, Value extends z.ZodType>(
  name: Name,
  value: Value
) {
  return z.record(name, value, 'expected a map of header fields').refine(
    (fields) => {
      const names = Object.keys(fields).map((field) => field.toLowerCase())
      return new Set(names).size === names.length
    },
    { error: 'expected each header field once' }
  )
}

const COOKIE_EXPECTED = "expected the name of a cookie: letters, digits and !#$%&'*+-.^_`|~ only"

/** A token (RFC 6265, section 4.1.1; RFC 9110, section 5.6.2). */
export const cookieName = z
  .string(COOKIE_EXPECTED)
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, COOKIE_EXPECTED)

/** Header fields that no setting may give to an answer. The service, Node.js or a proxy sets them, and they must be true (RFC 9110, sections 6.4 and 7.6.1). */
export const OWN_HEADER_FIELDS: ReadonlySet<string> = new Set([
  'allow',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'etag',
  'keep-alive',
  'location',
  'proxy-authenticate',
  'proxy-connection',
  'retry-after',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
  'www-authenticate',
  'x-content-type-options',
  'x-request-id'
])

/**
 * The setting that lists header fields of a remote's reply that a client gets.
 * @param taken header fields of the service itself that may also come from a remote
 */
export function replyHeaderNames(taken: readonly string[]) {
  const name = headerName.refine(
    (field) =>
      taken.includes(field) ||
      !(OWN_HEADER_FIELDS.has(field) || field.startsWith('access-control-')),
    { error: 'this header is set by the service itself, expected another one' }
  )
  return z
    .array(name, 'expected a list of headers')
    .min(1, 'expected at least one header')
    .refine((names) => new Set(names).size === names.length, { error: 'expected each header once' })
}
