/** Forms in the body of a request (`application/x-www-form-urlencoded`). */
import { invalidRequest } from './json-body.ts'

/** The most fields of a form: far more than any client needs, as on other servers. */
const MOST_FIELDS = 1000

const AMPERSAND = 0x26
const PLUS = 0x2b
const SPACE = 0x20

/**
 * Reads a form.
 * @throws ServiceError `invalid_request` for one with more than 1000 fields
 */
export function readForm(body: Buffer): URLSearchParams {
  // URLSearchParams rebuilds the text at each plus, but accepts a space.
  const bytes = Buffer.from(body)
  let fields = 1
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]
    if (byte === PLUS) bytes[index] = SPACE
    else if (byte === AMPERSAND) fields++
  }
  if (fields > MOST_FIELDS) {
    throw invalidRequest(`form has more than ${MOST_FIELDS} fields`, 'request')
  }
  return new URLSearchParams(bytes.toString())
}
