/** One line and one measurement for each request. */
import type { ServiceError } from '../errors.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import { readTraceId } from '../remote/trace-context.ts'
import type { AppContext, AppMiddleware } from './request-state.ts'

export interface RequestLogOptions {
  readonly logger: Logger
  readonly metrics: Metrics
  /** Whether requests that went well get a line. Failures on our side always do. */
  readonly logRequests: boolean
}

/**
 * Logs what was answered, never what was asked: URLs, headers and bodies hold tokens and passwords. The cause of a
 * failure is told by its name, code and message; at level debug with its stack.
 */
export function createRequestLog({
  logger,
  metrics,
  logRequests
}: RequestLogOptions): AppMiddleware {
  return async function requestLog(context, next) {
    const startedAt = performance.now()
    const { state } = context
    state.route = 'none'
    state.trace = {}
    state.traceId ??= readTraceId(context.req.headers)
    await next()
    const seconds = (performance.now() - startedAt) / 1000
    metrics.requestEnded(state.route, context.status, seconds)
    const level = levelOf(context)
    if (level !== 'error' && !logRequests) return
    logger[level](describeRequest(context, seconds, logger.isLevelEnabled('debug')), 'request')
  }
}

/** What our side or the remote broke is an error. A refusal by the remote is not: somebody mistyped a password. */
function levelOf({ state, status }: AppContext): 'error' | 'info' | 'debug' {
  const { refusal } = state
  if (refusal === undefined && state.isOperation) return 'debug'
  if (refusal === undefined || refusal.code === 'client_gone') return 'info'
  if (refusal.remoteStatus !== undefined) return refusal.remoteStatus < 500 ? 'info' : 'error'
  return status < 500 ? 'info' : 'error'
}

function describeRequest(
  { state, method, status }: AppContext,
  seconds: number,
  withStack: boolean
) {
  const { requestId, traceId, route, trace, refusal } = state
  const line = {
    requestId,
    traceId,
    method,
    route,
    status,
    durationMs: milliseconds(seconds),
    remoteMs: trace.remoteSeconds === undefined ? undefined : milliseconds(trace.remoteSeconds)
  }
  if (refusal === undefined) return line
  return { ...line, remote: trace.failedRemote, ...describeRefusal(refusal, withStack) }
}

function describeRefusal(
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

/** Seconds in the unit and with the digits of the log. */
export function milliseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e3
}
