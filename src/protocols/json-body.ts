/** Bodies of requests that have to be JSON. */
import { ServiceError } from '../errors.ts'
import { type JsonText, JsonTextError, parseJsonBytes } from '../json/json-text.ts'
import { bodyOf } from '../server/body.ts'
import type { AppContext } from '../server/request-state.ts'

/**
 * Makes the reader of bodies that are JSON, whatever their label says; it gives them byte for byte.
 * @param maxDepth levels that the JSON may nest
 */
export function createJsonBodyReader(maxDepth: number): (context: AppContext) => Uint8Array {
  return function readJsonBody(context) {
    const body = bodyOf(context)
    parseJsonBody(body, maxDepth)
    return body
  }
}

export interface OptionalBodyOptions {
  /** Whether a source sends it on, which takes JSON. Otherwise it may be anything. */
  readonly isSent: boolean
  /** Levels that the JSON may nest. */
  readonly maxDepth: number
}

/** Makes the reader of bodies that may be left out, and are JSON where they are sent on. It gives them byte for byte, too. */
export function createOptionalBodyReader({
  isSent,
  maxDepth
}: OptionalBodyOptions): (context: AppContext) => Uint8Array {
  const readJson = createJsonBodyReader(maxDepth)

  return function readOptionalBody(context) {
    const body = bodyOf(context)
    return isSent && body.length > 0 ? readJson(context) : body
  }
}

/**
 * @param maxDepth levels that the JSON may nest
 * @throws ServiceError `invalid_request` for bytes that are no JSON
 */
export function parseJsonBody(body: Uint8Array, maxDepth: number): JsonText {
  try {
    return parseJsonBytes(body, maxDepth)
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error
    throw new ServiceError('invalid_request', `body is ${error.message}`, { status: 400 })
  }
}
