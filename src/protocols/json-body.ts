/** Bodies of requests that have to be JSON. */
import { ServiceError } from '../errors.ts'
import { type JsonText, JsonTextError, parseJsonBytes } from '../json/json-text.ts'
import { bodyOf } from '../middleware/body.ts'
import type { AppContext } from '../middleware/request-state.ts'

export interface OptionalBodyOptions {
  /** Whether it is passed on as JSON. Nobody but a source looks at it otherwise. */
  readonly isSent: boolean
  /** Levels that the JSON may nest. */
  readonly maxDepth: number
}

/** Makes the reader of a body that may be left out. It throws a ServiceError `invalid_request` for bytes to be sent that are no JSON. */
export function createReadOptionalBody({ isSent, maxDepth }: OptionalBodyOptions) {
  return function readOptionalBody(context: AppContext): Uint8Array {
    const body = bodyOf(context)
    if (isSent && body.length > 0) parseJsonBody(body, maxDepth)
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
