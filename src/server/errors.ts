/** The one place that catches: every failure becomes an answer in the wire format of its route. */
import { ServiceError } from '../errors.ts'
import type { AppContext, AppMiddleware } from './request-state.ts'

/** The statuses that tell a client to come back later (RFC 6585, section 4; RFC 9110, section 15.6.4). */
const TEMPORARY: ReadonlySet<number> = new Set([429, 503])

/** Answers with refusals, and with a plain 500 for what nobody foresaw. */
export const errors: AppMiddleware = async function errors(context, next) {
  context.state.writeError = writePlainError
  try {
    await next()
    if (context.body === undefined) throwUnanswered(context)
  } catch (cause) {
    const error =
      cause instanceof ServiceError
        ? cause
        : new ServiceError('internal', 'Internal error.', { status: 500, cause })
    context.state.refusal = error
    context.set(error.headers)
    context.state.writeError(context, error)
    if (error.retryAfter !== undefined && TEMPORARY.has(context.status)) {
      context.set('Retry-After', String(error.retryAfter))
    }
  }
}

/** The router leaves its verdict in the status alone; `Allow` it has set already. */
function throwUnanswered(context: AppContext): void {
  if (context.status === 404) throw new ServiceError('not_found', 'No such route.', { status: 404 })
  if (context.status === 405 || context.status === 501) {
    throw new ServiceError('method_not_allowed', 'Method not allowed.', { status: 405 })
  }
}

/** For requests that no route answers. */
function writePlainError(context: AppContext, error: ServiceError): void {
  context.status = error.status
  context.body = { error: error.message }
}
