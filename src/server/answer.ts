/** What happens to every request around its route, on either host: the guard, the count, the log line, the metrics, the span. */
import { ServiceError } from '../errors.ts'
import type { Logger, LogRequest, RequestLine } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Tracing } from '../operations/tracing.ts'
import type { Answer, Exchange } from '../protocols/exchange.ts'
import { plainFormat } from '../protocols/operations/route.ts'
import { answerError, type Route } from '../protocols/route.ts'
import type { ByteBudget } from '../remote/byte-budget.ts'
import type { ReadCertificate } from './exchange.ts'
import type { Overload } from './overload.ts'
import { traceAnswers } from './tracing.ts'

export interface AnswerOptions {
  readonly logger: Logger
  /** Logs requests that went well. */
  readonly logRequest: LogRequest
  readonly metrics: Metrics
  /** Whether requests that went well get a line. Failures on our side always do. */
  readonly logRequests: boolean
  /** Nothing is traced when left out. */
  readonly tracing: Tracing | undefined
  /** Whether the service takes new work. */
  readonly isReady: () => boolean
  readonly inFlight: InFlight
  /** Gets back the bytes of each body once its request is answered. */
  readonly budget: ByteBudget
}

/** Answers a request on a route. It neither throws nor rejects. */
export type AnswerRoute = (route: Route, exchange: Exchange) => Promise<Answer> | Answer

/** What both hosts are made with. */
export interface HostParts {
  readonly answerRoute: AnswerRoute
  /** Left out on a listener that asks for no certificates. */
  readonly readCertificate: ReadCertificate | undefined
  /** Every byte of a body counts in it, from its arrival on. */
  readonly budget: ByteBudget
  /** Decides about requests before anything is done for them. */
  readonly overload: Pick<Overload, 'admit' | 'reject'>
  /** Gets the error of an answer that could not be written. */
  readonly onError: (error: Error) => void
}

/** Makes the function that both hosts answer with. Nothing can be added to one host and be missing from the other. */
export function createAnswerRoute(options: AnswerOptions): AnswerRoute {
  const { logger, logRequest, metrics, logRequests, tracing, isReady, inFlight, budget } = options

  function answerObserved(route: Route, exchange: Exchange): Promise<Answer> | Answer {
    const startedAt = performance.now()
    inFlight.enter()
    const answer = answerGuarded(route, exchange)
    return answer instanceof Promise
      ? answer.then((answered) => finish(answered, exchange, startedAt))
      : finish(answer, exchange, startedAt)
  }

  function finish(answer: Answer, exchange: Exchange, startedAt: number): Answer {
    inFlight.leave()
    budget.release(exchange.body.length)
    const seconds = (performance.now() - startedAt) / 1000
    const { status } = answer
    const { note } = exchange
    metrics.requestEnded(note.route, status, seconds)
    if (note.error !== undefined) logFailure(exchange, note.error, { status, seconds })
    else if (logRequests) {
      logRequest(note.isOperation ? 'debug' : 'info', describeRequest(exchange, status, seconds))
    }
    // Once the service stops, no connection stays open for another request.
    return isReady() ? answer : { ...answer, headers: { ...answer.headers, Connection: 'close' } }
  }

  function logFailure(exchange: Exchange, error: ServiceError, { status, seconds }: Outcome): void {
    const level = levelOf(error, status)
    if (level !== 'error' && !logRequests) return
    const line = {
      ...describeRequest(exchange, status, seconds),
      remote: exchange.note.failedRemote,
      ...describeError(error, logger.isLevelEnabled('debug'))
    }
    logger[level](line, 'request')
  }

  return tracing === undefined ? answerObserved : traceAnswers(answerObserved, tracing)
}

function answerGuarded(route: Route, exchange: Exchange): Promise<Answer> | Answer {
  const fault = findAmbiguity(exchange)
  if (fault === undefined) return route.handle(exchange)
  const error = new ServiceError('invalid_request', fault, { status: 400 })
  // A proxy understands the answers of its gate alone. To all others, such a request is for no route.
  return route.methods === 'any'
    ? route.refuse(exchange, error)
    : answerError(exchange.note, error, plainFormat.refuse)
}

/** Fields that may come once. Node.js keeps the first of several; a proxy in front may have judged by the last. */
const SINGLE_FIELDS = ['host', 'authorization'] as const

/**
 * What makes a request mean different things to different servers: a target in absolute form (RFC 9112, section 3.2.2), or a second
 * Host or Authorization field.
 */
function findAmbiguity({ method, target, rawHeaders }: Exchange): string | undefined {
  if (!target.startsWith('/') && !(method === 'OPTIONS' && target === '*')) {
    return 'Request target is not a path.'
  }
  for (const field of SINGLE_FIELDS) {
    let count = 0
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] ?? ''
      // The length is there already, and differs for most names.
      if (name.length === field.length && name.toLowerCase() === field) count++
    }
    if (count > 1) return `More than one ${field} header.`
  }
  return undefined
}

/** What our side or the remote broke is an error. Rejected credentials are not: somebody mistyped a password. */
function levelOf({ code, remoteStatus }: ServiceError, status: number): 'error' | 'info' {
  if (code === 'client_gone') return 'info'
  return (remoteStatus ?? status) < 500 ? 'info' : 'error'
}

interface Outcome {
  readonly status: number
  readonly seconds: number
}

/** Describes what was answered, never what was asked: URLs, headers and bodies hold tokens and passwords. */
function describeRequest(
  { id, method, note: { traceId, route, remoteSeconds } }: Exchange,
  status: number,
  seconds: number
): RequestLine {
  return {
    requestId: id,
    traceId,
    method,
    route,
    status,
    durationMs: milliseconds(seconds),
    remoteMs: remoteSeconds === undefined ? undefined : milliseconds(remoteSeconds)
  }
}

/** Of the cause of an error the log has name, code and message. */
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

/** Counts the requests that an application is busy with, so that it can be closed once it has none. */
export interface InFlight {
  readonly enter: () => void
  readonly leave: () => void
  /** Resolves as soon as no request is in flight. */
  readonly drained: () => Promise<void>
}

/** Makes a counter for one application. */
export function createInFlight(): InFlight {
  let requests = 0
  const waiting: (() => void)[] = []

  return {
    enter() {
      requests++
    },
    leave() {
      requests--
      if (requests === 0) for (const resolve of waiting.splice(0)) resolve()
    },
    async drained() {
      if (requests > 0) await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }
}
