/** Bodies of requests: JSON, forms, and which of the two a body is. */
import { ServiceError } from '../errors.ts'
import { type JsonText, JsonTextError, type ReadJson, readJsonBytes } from '../json/json-text.ts'
import type { Exchange } from './exchange.ts'

/** Reads a body; it gives the bytes as they were sent. Throws a ServiceError `invalid_request` for a body that it does not take. */
export type ReadBody = (exchange: Exchange) => Buffer

/**
 * Makes the reader of bodies that have to be JSON, whatever their Content-Type.
 * @param maxDepth levels that the JSON may nest
 */
export function createJsonBodyReader(maxDepth: number): ReadBody {
  return function readJsonBody({ body }) {
    parseJsonBody(body, maxDepth)
    return body
  }
}

export interface OptionalBodyOptions {
  /** Whether a source sends the body on, so that it has to be JSON. Otherwise it may be anything. */
  readonly isSent: boolean
  /** Levels that the JSON may nest. */
  readonly maxDepth: number
}

/** Makes the reader of bodies that may be left out, and have to be JSON where a source sends them on. */
export function createOptionalBodyReader({ isSent, maxDepth }: OptionalBodyOptions): ReadBody {
  return function readOptionalBody({ body }) {
    if (isSent && body.length > 0) parseJsonBody(body, maxDepth)
    return body
  }
}

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

/** Whether a body is an object of JSON, whatever its Content-Type: no form begins with a brace. */
export function startsWithBrace(body: Buffer): boolean {
  return body.toString().trimStart().startsWith('{')
}

/** Parameters may follow the type (RFC 9110, section 8.3.1). */
const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i

/** Whether the Content-Type of a request is that of a form. */
export function isForm({ headers }: Exchange): boolean {
  return FORM.test(headers['content-type'] ?? '')
}

/** The error for a request that is not of the format of its route. */
export function invalidRequest(message: string, reason?: string): ServiceError {
  return new ServiceError('invalid_request', message, {
    status: 400,
    ...(reason !== undefined && { reason })
  })
}
