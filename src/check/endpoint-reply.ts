/** The reply of an endpoint that verifies tokens or returns groups. */
import { checkUnavailable } from '../errors.ts'
import { JsonTextError, type ReadJson, readJsonBytes } from '../json/json-text.ts'

/**
 * Reads a reply as JSON.
 * @param maxDepth levels that it may nest
 * @throws ServiceError `check_unavailable` for what is not JSON
 */
export function readReply(body: Buffer, maxDepth: number): ReadJson {
  try {
    return readJsonBytes(body, maxDepth)
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error
    throw checkUnavailable(new Error(`found a reply that is ${error.message}`))
  }
}
