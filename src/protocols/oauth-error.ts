/** Refusals in the words of OAuth 2.0 (RFC 6749, section 5.2). */
import type { ErrorCode, ServiceError } from '../errors.ts'
import type { AppContext } from '../middleware/request-state.ts'

/** The words of the RFC, where ours are others. */
const OAUTH_ERRORS: Partial<Record<ErrorCode, string>> = {
  invalid_request: 'invalid_request',
  unsupported_token_type: 'unsupported_token_type',
  unauthorized_caller: 'invalid_client'
}

/** Writes `{"error", "error_description"}`. */
export function writeOauthError(context: AppContext, { code, status, message }: ServiceError) {
  const fallback = status < 500 ? 'invalid_request' : 'server_error'
  const error = status === 503 ? 'temporarily_unavailable' : (OAUTH_ERRORS[code] ?? fallback)
  context.status = status
  context.set('Cache-Control', 'no-store')
  context.body = { error, error_description: message }
}
