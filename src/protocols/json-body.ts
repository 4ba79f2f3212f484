/** Bodies of requests: JSON, forms, and how to tell them apart. */
import { ServiceError } from '../errors.ts'
import {
  type JsonText,
  JsonTextError,
  OPEN_BRACE,
  type ReadJson,
  readJsonBytes
} from '../json/json-text.ts'
import type { Exchange } from './exchange.ts'

/** Reads a body, and returns the bytes as sent. Throws a ServiceError `invalid_request` for a body that it does not accept. */
export type ReadBody = (exchange: Exchange) => Buffer

/**
 * @param maxDepth levels that the JSON may nest
 * @throws ServiceError `invalid_request` for bytes that are not JSON
 */
export function parseJsonBody(body: Uint8Array, maxDepth: number): JsonText {
  return readJsonBody(body, maxDepth).text
}

/** {@link parseJsonBody} for callers that want to look into the value too, without parsing it twice. */
export function readJsonBody(body: Uint8Array, maxDepth: number): ReadJson {
  try {
    return readJsonBytes(body, maxDepth)
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error
    throw invalidRequest(`body is ${error.message}`)
  }
}

/** The white space of JSON (RFC 8259, section 2). */
const JSON_BLANKS: ReadonlySet<number> = new Set(Buffer.from(' \t\r\n'))

/** Whether a body is an object of JSON, whatever its Content-Type: no form begins with a brace. */
export function startsWithBrace(body: Buffer): boolean {
  let start = 0
  while (JSON_BLANKS.has(body[start] ?? 0)) start++
  return body[start] === OPEN_BRACE
}

/** Parameters may follow the type (RFC 9110, section 8.3.1). */
const FORM = /^application\/x-www-form-urlencoded[ \t]*(?:;|$)/i

/** Whether a request has the Content-Type of a form. */
export function isForm({ headers }: Exchange): boolean {
  return FORM.test(headers['content-type'] ?? '')
}

/** The error for a request that is not in the format of its route. */
export function invalidRequest(message: string, reason?: string): ServiceError {
  return new ServiceError('invalid_request', message, {
    status: 400,
    ...(reason !== undefined && { reason })
  })
}
