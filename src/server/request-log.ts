/** The log line of a request. */
import type { ServiceError } from '../errors.ts'
import type { Exchange, Note } from '../protocols/exchange.ts'

/** What our side or the remote broke is an error. Rejected credentials are not: somebody mistyped a password. */
export function levelOf({ error, isOperation }: Note, status: number): 'error' | 'info' | 'debug' {
  if (error === undefined) return isOperation ? 'debug' : 'info'
  if (error.code === 'client_gone') return 'info'
  if (error.remoteStatus !== undefined) return error.remoteStatus < 500 ? 'info' : 'error'
  return status < 500 ? 'info' : 'error'
}

interface Outcome {
  readonly status: number
  readonly seconds: number
  /** Whether the cause of an error is shown with its stack. */
  readonly withStack: boolean
}

/**
 * Describes what was answered, never what was asked: URLs, headers and bodies hold tokens and passwords. Of the cause of an error it
 * has name, code and message.
 */
export function describeRequest(
  { id: requestId, method, note }: Exchange,
  { status, seconds, withStack }: Outcome
) {
  const { traceId, route, remoteSeconds, failedRemote: remote, error } = note
  const line = {
    requestId,
    traceId,
    method,
    route,
    status,
    durationMs: milliseconds(seconds),
    remoteMs: remoteSeconds === undefined ? undefined : milliseconds(remoteSeconds)
  }
  return error === undefined ? line : { ...line, remote, ...describeError(error, withStack) }
}

function describeError(
  { code, message, reason, remoteStatus, cause }: ServiceError,
  withStack: boolean
) {
  return {
    code,
    reason,
    error: message,
    remoteStatus,
    cause: cause instanceof Error ? describeCause(cause, withStack) : undefined
  }
}

function describeCause(cause: Error, withStack: boolean) {
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  return {
    name: cause.name,
    code,
    message: cause.message,
    stack: withStack ? cause.stack : undefined
  }
}

/** Seconds in the unit of the log, with three digits. */
function milliseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e3
}
