/** Bodies of requests that have to be JSON. */
import { ServiceError } from '../errors.ts'
import { type JsonText, JsonTextError, parseJsonBytes } from '../json/json-text.ts'

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
