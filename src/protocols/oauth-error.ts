/** Refusals in the words of OAuth 2.0 (RFC 6749, section 5.2). */
import type { ErrorCode, ServiceError } from '../errors.ts'
import type { AppContext } from '../middleware/request-state.ts'
import { statusOf } from './statuses.ts'

/** The RFC's words for refusals of our own, where the status does not say enough. */
const OAUTH_ERRORS: Partial<Record<ErrorCode, string>> = {
  unauthorized_caller: 'invalid_client'
}

/** What a remote says to credentials that it does not accept. */
const REFUSED_CREDENTIALS: ReadonlySet<number | undefined> = new Set([401, 403])

/** Section 4.1.2.1 has these words for what is temporary; the token endpoint has none of its own. */
const TEMPORARY: ReadonlySet<number> = new Set([429, 503])

/** Outside of what a description may hold. */
const UNPRINTABLE = /[^\x20-\x7e]|["\\]/g

/** Writes `{"error", "error_description"}`. */
export function writeOauthError(context: AppContext, error: ServiceError): void {
  context.set('Cache-Control', 'no-store')
  context.set('Pragma', 'no-cache')
  if (REFUSED_CREDENTIALS.has(error.remoteStatus)) {
    context.status = 400
    context.body = { error: 'invalid_grant', error_description: 'Credentials were refused.' }
    return
  }
  context.status = statusOf(error, 'relay')
  context.body = {
    error: OAUTH_ERRORS[error.code] ?? describeStatus(context.status),
    error_description: error.message.replace(UNPRINTABLE, "'")
  }
}

function describeStatus(status: number): string {
  if (TEMPORARY.has(status)) return 'temporarily_unavailable'
  return status < 500 ? 'invalid_request' : 'server_error'
}
