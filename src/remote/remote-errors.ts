/** What can go wrong with a call to the remote, in words that hold no address and no library's text. */
import { ServiceError } from '../errors.ts'

const CONNECTION_CLOSED = 'connection closed'

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: CONNECTION_CLOSED,
  EPIPE: CONNECTION_CLOSED,
  UND_ERR_SOCKET: CONNECTION_CLOSED,
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name not found',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable'
}

/** Recognized by their names, since the parser errors of the HTTP client have no code. */
const NO_HTTP: ReadonlySet<string> = new Set([
  'HTTPParserError',
  'HeadersOverflowError',
  'ResponseContentLengthMismatchError'
])

/** For an error of the HTTP client: unreachable, reset, TLS failure, or no HTTP at all. */
export function remoteFailed(error: Error): ServiceError {
  const cause = innermost(error)
  const code = codeOf(cause)
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return remoteTimeout('connect timeout', error)
  }
  const reason = isTlsFailure(cause) ? 'TLS failure' : (REASONS[code] ?? describeUnlisted(cause))
  return new ServiceError('remote_failed', reason, { status: 500, cause: error })
}

/** Whether the other side ended the connection before it answered, as it may do with one that was idle when the call came. */
export function isConnectionClosed({ code, message }: ServiceError): boolean {
  return code === 'remote_failed' && message === CONNECTION_CLOSED
}

/** For a call that took too long. */
export function remoteTimeout(reason = 'timeout', cause?: unknown): ServiceError {
  return new ServiceError('remote_timeout', reason, { status: 500, cause })
}

/** For a reply that cannot be used. */
export function remoteReply(reason: string): ServiceError {
  return new ServiceError('remote_reply', reason, { status: 500 })
}

function describeUnlisted({ name }: Error): string {
  return NO_HTTP.has(name) ? 'not an HTTP reply' : 'connection failed'
}

/** Several addresses tried give an AggregateError; its first cause is enough. */
function innermost(error: Error): Error {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  return first instanceof Error ? first : error
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : ''
}

/** How the codes begin that Node.js and OpenSSL have for bad certificates (X509_V_ERR_*) and failed handshakes. */
const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_|PATH_LENGTH_|HOSTNAME_MISMATCH$)/

/**
 * Whether a TLS handshake failed, and not another part of a connection.
 * @param error what a client threw; the code may be its own or its cause's
 */
export function isTlsFailure(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && TLS_CODE.test(at.code)) return true
  }
  return false
}
