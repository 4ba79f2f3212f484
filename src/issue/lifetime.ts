/** Lifetimes that the client asks for. */
import { formatJsonPath, type JsonPath, textAt } from '../json/json-path.ts'
import { invalidClaim } from './invalid-claim.ts'
import type { LifetimeOf } from './issue.ts'

/**
 * Reads the lifetime from the client's JSON, a number of whole seconds. A client may ask for more than there is, and gets the most.
 * @throws ServiceError `invalid_request` when called, where the JSON has no such number
 */
export function createLifetimeOf(path: JsonPath, mostSeconds: number): LifetimeOf {
  const refusal = `expected a whole number of seconds, 1 or more, as ${formatJsonPath(path)} of the body`

  return function lifetimeOf(request) {
    const json = request.json()
    const found = json === undefined ? undefined : textAt(json, path)
    const seconds: unknown = found === undefined ? undefined : JSON.parse(found)
    if (typeof seconds !== 'number' || seconds < 1 || seconds !== Math.floor(seconds)) {
      throw invalidClaim(refusal)
    }
    return Math.min(seconds, mostSeconds)
  }
}
