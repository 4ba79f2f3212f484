/** Errors of calls to the remote, with messages that hold no address and no library's text. */
import { ServiceError } from '../errors.ts'

/** The code of errors of a proxy itself. */
const PROXY_FAILED = 'ERR_PROXY'

const CONNECTION_CLOSED = 'connection closed'

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: CONNECTION_CLOSED,
  EPIPE: CONNECTION_CLOSED,
  UND_ERR_SOCKET: CONNECTION_CLOSED,
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name lookup failed',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable'
}

const INVALID_HTTP = 'not a valid HTTP reply'

/** By their names, since the parser errors of the HTTP client have no code. */
const REASONS_BY_NAME: Readonly<Record<string, string>> = {
  HTTPParserError: INVALID_HTTP,
  ResponseContentLengthMismatchError: INVALID_HTTP,
  HeadersOverflowError: 'reply header too large'
}

/** For an error of the HTTP client: unreachable, reset, TLS failure, or not HTTP. */
export function remoteFailed(error: Error): ServiceError {
  const cause = innermost(error)
  const code = codeOf(cause)
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    const isConnected = 'syscall' in cause && cause.syscall !== 'connect'
    return remoteTimeout(isConnected ? 'timeout' : 'connect timeout', error)
  }
  const reason = isTlsFailure(cause) ? 'TLS failure' : describe(cause, code)
  return new ServiceError('remote_failed', reason, { status: 500, cause: error })
}

function describe({ name, message }: Error, code: string): string {
  if (code === PROXY_FAILED) return message
  // undici closes a connection after an unsupported kind of reply, such as an upgrade.
  if (code === 'UND_ERR_SOCKET' && message.startsWith('bad ')) return INVALID_HTTP
  return REASONS[code] ?? REASONS_BY_NAME[name] ?? 'connection failed'
}

/**
 * Makes the error of a failing proxy.
 * @param message in our own words, since clients are shown it
 */
export function proxyFailed(message: string): Error {
  return Object.assign(new Error(message), { code: PROXY_FAILED })
}

/** Whether the other side ended the connection before it answered, as it may do with one that was idle when the call came. */
export function isConnectionClosed({ code, message }: ServiceError): boolean {
  return code === 'remote_failed' && message === CONNECTION_CLOSED
}

/** Whether a connection failed before the last byte of a request was sent, so that the request cannot have been processed. */
export function wasNotSent(error: Error): boolean {
  const cause = innermost(error)
  return 'syscall' in cause && cause.syscall === 'write'
}

/** For a call that took too long. */
export function remoteTimeout(reason = 'timeout', cause?: unknown): ServiceError {
  return new ServiceError('remote_timeout', reason, { status: 500, cause })
}

/** For a reply that cannot be used. */
export function remoteReply(reason: string): ServiceError {
  return new ServiceError('remote_reply', reason, { status: 500 })
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

/** What OpenSSL reports when the other side answers a handshake with anything but TLS. */
const NO_TLS = /wrong version number|packet length too long|http request/

interface ConnectionErrorOptions {
  /** What to say in place of the text of the error. */
  readonly text?: string
  /** How a URL without TLS begins. Default: http:// */
  readonly plain?: string
}

/**
 * Describes why a connection failed, for the log and the operator: the text of the error, with the fix for mistakes that it does not name:
 * `https://` for a port without TLS and the reverse, and an authority that is not trusted. What OpenSSL writes about itself is left out.
 */
export function describeConnectionError(
  error: Error,
  { text = error.message, plain = 'http://' }: ConnectionErrorOptions = {}
): string {
  if (isTlsFailure(error) && NO_TLS.test(error.message)) {
    return `the server does not use TLS on this port: expected ${plain} in the URL, or another port`
  }
  const readable = text.replace(OPENSSL, '$1').replace(UNTRUSTED, `$1: ${TRUST}`).trimEnd()
  if (error.name === 'SocketError' && isUnanswered(error)) return `${readable}; ${MAYBE_TLS}`
  return readable
}

/** An error of OpenSSL: thread, code, library, function, the reason, file and line, and the reason of an alert once more. */
const OPENSSL = /(?:[\dA-F]+:)?error:[\dA-F]+:[^:\n]*:[^:\n]*:([^:\n]+)(?::[^\n]*)?\n?/

/** Of a certificate whose authority is not trusted. Node.js may go on about an option of its own. */
const UNTRUSTED =
  /(self-signed certificate(?: in certificate chain)?|unable to verify the first certificate|unable to get (?:local )?issuer certificate)(?:; if the root CA .*)?$/
const TRUST = 'expected its authority in tls: { ca }'

/** A server that expects TLS closes a connection on which it gets HTTP. */
const MAYBE_TLS = 'if the server uses TLS on this port, the URL has to begin with https://'

/** Whether not one byte came on the connection. undici adds what it knows of a socket to its error. */
function isUnanswered(error: Error): boolean {
  const { socket } = error as { socket?: { bytesRead?: number } }
  return socket?.bytesRead === 0
}
