/** Everything around the route of a request, on either host: the guard, the count, the log line, the metrics, the span. */
import { ServiceError } from '../errors.ts'
import type { Logger, LogRequest, RequestLine } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Tracing } from '../operations/tracing.ts'
import type { Answer, Exchange } from '../protocols/exchange.ts'
import { plainFormat } from '../protocols/operations/route.ts'
import { answerError, type Route } from '../protocols/route.ts'
import type { ByteBudget } from '../remote/byte-budget.ts'
import { isRejection, outcomeOf } from '../remote/outcome.ts'
import { describeConnectionError } from '../remote/remote-errors.ts'
import type { ReadClient } from './client-address.ts'
import type { ReadCertificate } from './exchange.ts'
import type { Overload } from './overload.ts'
import type { DescribeRejected } from './rejected-token.ts'
import { traceAnswers } from './tracing.ts'

export interface AnswerOptions {
  readonly logger: Logger
  /** Logs successful requests. */
  readonly logRequest: LogRequest
  readonly metrics: Metrics
  /** Whether successful requests get a line. Failures of the service always do. */
  readonly logRequests: boolean
  /** Whether their lines have the client's address. */
  readonly logClientAddress: boolean
  /** Describes a rejected token in their lines. */
  readonly describeRejected: DescribeRejected
  /** Default: no tracing. */
  readonly tracing: Tracing | undefined
  /** Whether further connections are accepted. Once they are not, every answer closes its own. */
  readonly takesConnections: () => boolean
  readonly inFlight: InFlight
  /** Releases the bytes of each body once its request is answered. */
  readonly budget: ByteBudget
}

/** Answers a request on a route. It neither throws nor rejects. */
export type AnswerRoute = (route: Route, exchange: Exchange) => Promise<Answer> | Answer

/** The options of both hosts. */
export interface HostParts {
  readonly answerRoute: AnswerRoute
  /** Left out on a listener that asks for no certificates. */
  readonly readCertificate: ReadCertificate | undefined
  readonly readClient: ReadClient
  /** Every byte of a body counts in it, from its arrival on. */
  readonly budget: ByteBudget
  /** Decides when costly requests start, before anything is done for them. */
  readonly overload: Pick<Overload, 'enter'>
  /** Gets the error of an answer that could not be written. */
  readonly onError: (error: Error) => void
}

/** Makes the function that both hosts answer with. Nothing can be added to one host and be missing from the other. */
export function createAnswerRoute(options: AnswerOptions): AnswerRoute {
  const { logger, logRequest, metrics, logRequests, tracing, inFlight, budget } = options
  const { describeRejected, takesConnections } = options
  const describe = options.logClientAddress ? describeWithClient : describeRequest

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
    const outcome = note.error === undefined ? 'ok' : outcomeOf(note.error)
    metrics.requestEnded(note.route, status, outcome, seconds)
    if (note.error !== undefined) logFailure(exchange, note.error, { status, seconds })
    else if (logRequests) {
      logRequest(note.isOperation ? 'debug' : 'info', describe(exchange, status, seconds))
    }
    if (takesConnections()) return answer
    return { ...answer, headers: { ...answer.headers, Connection: 'close' } }
  }

  function logFailure(exchange: Exchange, error: ServiceError, { status, seconds }: Outcome): void {
    const level = levelOf(error, status)
    if (level !== 'error' && !logRequests) return
    const line = {
      ...describe(exchange, status, seconds),
      remote: exchange.note.failedRemote,
      ...describeError(error, logger.isLevelEnabled('debug')),
      token: exchange.note.rejected && describeRejected(exchange.note.rejected)
    }
    logger[level](line, 'request')
  }

  return tracing === undefined ? answerObserved : traceAnswers(answerObserved, tracing)
}

function answerGuarded(route: Route, exchange: Exchange): Promise<Answer> | Answer {
  const fault = findAmbiguity(exchange)
  if (fault !== undefined) {
    const error = new ServiceError('invalid_request', fault, { status: 400 })
    // A proxy understands only the answers of its gate. Otherwise such a request is for no route.
    return route.methods === 'any'
      ? route.refuse(exchange, error)
      : answerError(exchange.note, error, plainFormat.refuse)
  }
  // TRACE echoes the request, including cookies and tokens (RFC 9110, section 9.3.8). Only gates answer it.
  if (exchange.method === 'TRACE' && route.methods === 'any') {
    return route.refuse(
      exchange,
      new ServiceError('method_not_allowed', 'Method not allowed.', { status: 405 })
    )
  }
  return route.handle(exchange)
}

/** Fields that may come once. Node.js keeps the first of several; a proxy in front may have decided by the last. */
const SINGLE_FIELDS = ['host', 'content-type', 'authorization']
const SINGLE_FIELD_LENGTHS: ReadonlySet<number> = new Set(SINGLE_FIELDS.map(({ length }) => length))

/**
 * Finds ambiguities that servers resolve differently: a target in absolute form (RFC 9112, section 3.2.2), or a second
 * field that may come only once.
 */
function findAmbiguity({ method, target, rawHeaders }: Exchange): string | undefined {
  if (!target.startsWith('/') && !(method === 'OPTIONS' && target === '*')) {
    return 'Request target is not a path.'
  }
  let seen = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    // The length is known already, and differs for most names.
    if (!SINGLE_FIELD_LENGTHS.has(name.length)) continue
    const field = SINGLE_FIELDS.indexOf(name.toLowerCase())
    if (field === -1) continue
    if ((seen & (1 << field)) !== 0) return `More than one ${SINGLE_FIELDS[field]} header.`
    seen |= 1 << field
  }
  return undefined
}

/** Failures of the service or of the remote are logged as errors. Rejected credentials are not: a user mistyped a password. */
function levelOf({ code, remoteStatus }: ServiceError, status: number): 'error' | 'info' {
  if (code === 'client_gone') return 'info'
  if (remoteStatus === undefined) return status < 500 ? 'info' : 'error'
  return isRejection(remoteStatus) ? 'info' : 'error'
}

interface Outcome {
  readonly status: number
  readonly seconds: number
}

/** Describes the answer, never the request: URLs, headers and bodies hold tokens and passwords. */
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
    client: undefined,
    status,
    durationMs: milliseconds(seconds),
    remoteMs: remoteSeconds === undefined ? undefined : milliseconds(remoteSeconds)
  }
}

/** With the address of the client, which is personal data: only if configured. */
function describeWithClient(exchange: Exchange, status: number, seconds: number): RequestLine {
  return { ...describeRequest(exchange, status, seconds), client: exchange.client().address }
}

/** The log has name, code and message of the cause of an error. */
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
    message: describeConnectionError(cause),
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
