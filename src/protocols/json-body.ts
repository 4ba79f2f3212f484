/** Bodies of requests that have to be JSON. */
import { ServiceError } from '../errors.ts'
import { type JsonText, JsonTextError, parseJsonBytes } from '../json/json-text.ts'
import { bodyOf } from '../middleware/body.ts'
import type { AppContext } from '../middleware/request-state.ts'

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
