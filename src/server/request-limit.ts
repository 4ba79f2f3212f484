/** Routes that take so many requests at once, and no more. */
import { ServiceError } from '../errors.ts'
import type { AppMiddleware } from './request-state.ts'

const RETRY_AFTER_SECONDS = 1

/** Refuses requests (429) while as many as this are in flight. */
export function createRequestLimit(maxRequests: number): AppMiddleware {
  let inFlight = 0

  return async function limitRequests(_context, next) {
    if (inFlight >= maxRequests) {
      throw new ServiceError('too_many_requests', 'Too many requests.', {
        status: 429,
        retryAfter: RETRY_AFTER_SECONDS
      })
    }
    inFlight++
    try {
      await next()
    } finally {
      inFlight--
    }
  }
}
