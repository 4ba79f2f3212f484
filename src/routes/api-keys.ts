/** Routes that only those may call who have an API key. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { ServiceError } from '../errors.ts'
import type { AppContext, AppMiddleware } from '../middleware/request-state.ts'
import { readAuthorization } from '../protocols/bearer-token.ts'

/**
 * Lets requests pass that carry one of the keys, in the `api-key` header or as a Bearer of the Authorization header.
 * Others are refused (401) in the words of the route.
 */
export function createApiKeyGuard(apiKeys: readonly string[]): AppMiddleware {
  const accepted = apiKeys.map(digest)

  return function requireApiKey(context, next) {
    const given = apiKeyOf(context)
    if (given === undefined || !isAccepted(digest(given))) {
      throw new ServiceError('unauthorized_caller', 'Invalid API key', {
        status: 401,
        reason: given === undefined ? 'no_api_key' : 'api_key',
        headers: { 'WWW-Authenticate': 'Bearer' }
      })
    }
    return next()
  }

  /** All keys are looked at, whichever fits, so that the time tells nothing. */
  function isAccepted(given: Buffer): boolean {
    return accepted.filter((key) => timingSafeEqual(key, given)).length > 0
  }
}

function apiKeyOf({ req: { headers } }: AppContext): string | undefined {
  const key = headers['api-key']
  return typeof key === 'string' ? key : readAuthorization(headers.authorization ?? '')
}

/** Digests have one length, which comparing in constant time takes; and nothing is told of the lengths of keys. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
