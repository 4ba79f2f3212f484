/** The bodies of requests for tokens: unchanged JSON, or a form, which becomes JSON. */
import type { JsonText } from '../json/json-text.ts'
import type { Exchange } from './exchange.ts'
import { readForm } from './form.ts'
import { invalidRequest, isForm, parseJsonBody, type ReadBody } from './json-body.ts'

export interface ClientBodyOptions {
  /** Whether a source forwards the body. It has to be JSON or a form then, and otherwise may be anything, or left out. */
  readonly isSent: boolean
  /** Levels that the JSON may nest. */
  readonly maxDepth: number
  /** Whether a forwarded body may still be left out. Default: no. */
  readonly mayBeEmpty?: boolean
  /** Whether fields of a form that have no value count as left out (RFC 6749, section 3.2). Default: no. */
  readonly dropsEmptyFields?: boolean
}

/** Makes the reader of the client's JSON, with any content type; the fields of a form become the members of an object. */
export function createClientBodyReader(options: ClientBodyOptions): ReadBody {
  const { isSent, maxDepth, mayBeEmpty = false, dropsEmptyFields = false } = options
  if (!isSent) return ({ body }) => body

  return function readClientBody(exchange) {
    const { body } = exchange
    if (mayBeEmpty && body.length === 0) return body
    if (isFormIn(exchange, body)) return formToJson(body, dropsEmptyFields)
    parseJsonBody(body, maxDepth)
    return body
  }
}

/**
 * Reads the JSON of a body that no wire format has read, such as one that is not forwarded; the fields of a form become the members of an object.
 * @throws ServiceError `invalid_request` for any other body
 */
export function readClientJson(exchange: Exchange, body: Uint8Array, maxDepth: number): JsonText {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  return parseJsonBody(isFormIn(exchange, bytes) ? formToJson(bytes, false) : bytes, maxDepth)
}

/** Whether the fields of a form become the members of the JSON. */
export function isFormIn(exchange: Exchange, body: Buffer): boolean {
  return isForm(exchange) && looksLikeForm(body)
}

/** The beginnings of JSON that contains an equals sign. A form has these characters as %7B, %5B and %22. */
const JSON_START = /^[ \t\r\n]*[{["]/

/** `curl -d` sends JSON with the content type of a form. */
function looksLikeForm(body: Buffer): boolean {
  return body.includes('=') && !JSON_START.test(body.toString('latin1', 0, 64))
}

/** Replaces bytes that are not UTF-8 once a form is read. */
const REPLACEMENT = '\ufffd'

/** Each field may be given once (RFC 6749, section 3.2), since either of two may be the wrong one. */
function formToJson(body: Buffer, dropsEmptyFields: boolean): Buffer {
  const fields = [...readForm(body)]
  const names = new Set(fields.map(([name]) => name))
  if (names.size < fields.length) throw invalidRequest('form has a field twice')
  if (fields.some((texts) => texts.some((text) => text.includes(REPLACEMENT)))) {
    throw invalidRequest('form is not valid UTF-8')
  }
  const given = dropsEmptyFields ? fields.filter(([, value]) => value !== '') : fields
  if (given.length === 0) throw invalidRequest('form is empty')
  return Buffer.from(JSON.stringify(Object.fromEntries(given)))
}
