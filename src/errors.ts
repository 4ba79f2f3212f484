/** The one error that is answered to clients, and its codes. */

/** What happened, as a stable word. Logs, metrics and protocols distinguish errors by it. */
export type ErrorCode =
  | 'invalid_request'
  | 'not_found'
  | 'method_not_allowed'
  | 'body_too_large'
  | 'unsupported_body'
  | 'remote_status'
  | 'remote_failed'
  | 'remote_timeout'
  | 'remote_reply'
  | 'overloaded'
  | 'too_many_requests'
  | 'too_many_attempts'
  | 'client_gone'
  | 'missing_token'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'check_unavailable'
  | 'store_full'
  | 'unauthorized_caller'
  | 'cross_site'
  | 'unsupported_token_type'
  | 'unsupported_grant_type'
  | 'invalid_grant'
  | 'internal'

/** The reply of a remote that rejected a request. */
export interface Rejection {
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Undefined for one that is too large, or incomplete. */
  readonly body?: Uint8Array | undefined
}

interface ServiceErrorOptions {
  /** The HTTP status that a protocol answers with unless it has its own rule. */
  status: number
  /** The cause, for the log alone. */
  cause?: unknown
  /** One word for the metrics where the code is too coarse: why a token was rejected. */
  reason?: string
  /** The scopes that a token has to have, with spaces between them (RFC 6750, section 3). */
  scope?: string | undefined
  /** The remote's status, where it answered with one. */
  remoteStatus?: number
  /** The reply of the remote. */
  rejection?: Rejection | undefined
  /** Seconds after which to try again (`Retry-After`, RFC 9110, section 10.2.3), or the remote's own text for it. */
  retryAfter?: number | string
  /** Header fields that the answer must carry. */
  headers?: Readonly<Record<string, string>>
}

/**
 * An error that the client may read. Its message is sent to the client, so it never holds an
 * address, a secret, a token or a library's text: these belong in `cause`, which only the log has.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: ErrorCode
  readonly status: number
  readonly reason: string | undefined
  readonly scope: string | undefined
  readonly remoteStatus: number | undefined
  readonly rejection: Rejection | undefined
  readonly retryAfter: number | string | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, message: string, options: ServiceErrorOptions) {
    super(message, { cause: options.cause })
    this.code = code
    this.status = options.status
    this.reason = options.reason
    this.scope = options.scope
    this.remoteStatus = options.remoteStatus
    this.rejection = options.rejection
    this.retryAfter = options.retryAfter
    this.headers = options.headers ?? {}
  }
}

/**
 * Makes the error for a token that is present but not accepted (RFC 6750, section 3.1).
 * @param message the reason; never any part of the token
 * @param reason one word of it for the metrics
 */
export function invalidToken(message: string, reason: string, cause?: unknown): ServiceError {
  return new ServiceError('invalid_token', message, { status: 401, reason, cause })
}

/**
 * Makes the error for a token that can be neither accepted nor rejected now, because a service that has to be asked does not answer.
 * @param cause the cause, without any secret, token or body: the log shows it
 * @param retryAfter seconds after which to try again, where that is known
 */
export function checkUnavailable(cause?: unknown, retryAfter?: number): ServiceError {
  return new ServiceError('check_unavailable', 'Token cannot be checked at the moment', {
    status: 503,
    cause,
    ...(retryAfter !== undefined && { retryAfter })
  })
}

/**
 * Makes the error for a valid token with insufficient scope (RFC 6750, section 3.1).
 * @param message what it lacks; never any part of the token
 * @param reason one word of it for the metrics
 * @param options the required scopes, separated by spaces; and a cause that only the log shows
 */
export function insufficientScope(
  message: string,
  reason: string,
  options: { readonly scope?: string; readonly cause?: unknown } = {}
): ServiceError {
  return new ServiceError('insufficient_scope', message, { status: 403, reason, ...options })
}

/**
 * Makes the error for a request that a page of another site, or of an origin that is not allowed, made a browser send.
 * @param message the reason, without the origin
 */
export function crossSite(message: string): ServiceError {
  return new ServiceError('cross_site', message, { status: 403 })
}

/** Seconds that an overloaded service asks its clients to wait: long enough for most calls in flight to end. */
const OVERLOADED_RETRY_SECONDS = 1

/**
 * Makes the error for one request or call more than the service takes at once.
 * @param message names the exceeded limit
 */
export function overloaded(message: string): ServiceError {
  return new ServiceError('overloaded', message, {
    status: 503,
    retryAfter: OVERLOADED_RETRY_SECONDS
  })
}
