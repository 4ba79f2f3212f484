/** Header fields that every answer of a listener carries, as the configuration says. */
import type { AppMiddleware } from './request-state.ts'

export function createResponseHeaders(fields: Readonly<Record<string, string>>): AppMiddleware {
  return function setResponseHeaders(context, next) {
    context.set(fields)
    return next()
  }
}
