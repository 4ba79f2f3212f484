/** What refusals are to the clients of a token endpoint (RFC 6749, section 5.2). */
import type { ErrorCode, ServiceError } from '../errors.ts'
import type { AppContext } from '../server/request-state.ts'
import { writeOauthError } from './oauth-error.ts'
import { statusOf } from './statuses.ts'

/** The RFC's words for refusals of our own, where the status does not say enough. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  unauthorized_caller: 'invalid_client',
  invalid_grant: 'invalid_grant',
  unsupported_grant_type: 'unsupported_grant_type'
}

/** What a remote says to credentials that it does not accept. */
const REFUSED_CREDENTIALS: ReadonlySet<number | undefined> = new Set([401, 403])

/** Section 4.1.2.1 has these words for what is temporary; the token endpoint has none of its own. */
const TEMPORARY: ReadonlySet<number> = new Set([429, 503])

/** Answers with a refusal. Where the remote has refused the credentials, it is `invalid_grant`. */
export function writeTokenEndpointError(context: AppContext, error: ServiceError): void {
  context.set('Pragma', 'no-cache')
  if (REFUSED_CREDENTIALS.has(error.remoteStatus)) {
    writeOauthError(context, 'invalid_grant', { status: 400, message: 'Credentials were refused.' })
    return
  }
  const status = statusOf(error, 'relay')
  writeOauthError(context, WORDS[error.code] ?? wordFor(status), { status, message: error.message })
}

function wordFor(status: number): string {
  if (TEMPORARY.has(status)) return 'temporarily_unavailable'
  return status < 500 ? 'invalid_request' : 'server_error'
}
