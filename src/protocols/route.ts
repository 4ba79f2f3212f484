/** A route: everything that happens to a request on its path, from the guards to the answer. */
import type { Explain } from '../check/explain.ts'
import { ServiceError } from '../errors.ts'
import { type ApiKeyGuard, createApiKeyGuard } from './api-keys.ts'
import type { Answer, Exchange } from './exchange.ts'

/**
 * The methods of a route's requests. `any` is for a gate: a proxy sends it requests of any client, so it answers every method, on its
 * path and on all paths below, and never reads a body.
 */
type Methods = readonly string[] | 'any'

export interface Route {
  /** As configured, with path variables such as `{mac}`. */
  readonly path: string
  readonly methods: Methods
  /** Answers a request. It never throws and never rejects: an error is an answer like any other. */
  readonly handle: (exchange: Exchange) => Promise<Answer> | Answer
  /** Answers with an error in the wire format of the route. */
  readonly refuse: (exchange: Pick<Exchange, 'note'>, cause: unknown) => Answer
  /** Whether pages of every origin may read its answers. Default: only origins of the listener's `cors`. */
  readonly isPublic?: boolean | undefined
  /** Runs its check with a token, and reports each step. Left out by routes without a check. */
  readonly explain?: Explain | undefined
  /** Whether its requests may be rejected under overload. */
  readonly isCostly: boolean
  /** Whether the remotes that a request would call take one more call now. Left out where it calls none. */
  readonly hasRoom?: (() => boolean) | undefined
}

/** The common part of all wire formats. */
export interface WireFormat {
  readonly methods: Methods
  /** Whether callers may send their API key as the password of HTTP Basic too (RFC 6749, section 2.3.1). */
  readonly takesBasic?: boolean
  /** Whether callers may send it as `client_secret` of the form too (the same section). */
  readonly takesClientSecret?: boolean
  /** The answer for an error. */
  readonly refuse: (error: ServiceError) => Answer
}

export interface RouteOptions {
  readonly path: string
  readonly format: WireFormat
  /** Only callers with one of these may use the route. Default: anyone may. */
  readonly apiKeys?: readonly string[] | undefined
  /** Requests in flight at once. Default: no limit. */
  readonly maxRequests?: number | undefined
  /** The largest body in bytes. Default: the route reads none. */
  readonly maxBodyBytes?: number | undefined
  /** Whether the route is for health or metrics. Default: no. */
  readonly isOperation?: boolean
  /** Whether pages of every origin may read its answers. Default: no. */
  readonly isPublic?: boolean
  /** Guards a route that sets a cookie. Default: requests of every site are taken. */
  readonly assertSite?: ((exchange: Exchange) => void) | undefined
  /** Whether a request costs many times its rejection, as one that issues a token does. Default: no. */
  readonly isCostly?: boolean
  /** Answers a request that has passed the guards. May throw a ServiceError. */
  readonly respond: (exchange: Exchange) => Promise<Answer> | Answer
}

/** Statuses after which a client may retry (RFC 6585, section 4; RFC 9110, section 15.6.4). */
const TEMPORARY: ReadonlySet<number> = new Set([429, 503])

/** Makes a route. Its guards run in this order: site, API key, number of requests, size of the body. */
export function createRoute(options: RouteOptions): Route {
  const { path, format, apiKeys, maxRequests, maxBodyBytes, isOperation = false } = options
  const { isCostly = false, isPublic, assertSite } = options
  const guard = apiKeys === undefined ? undefined : createApiKeyGuard(apiKeys, format)
  const respond = guard === undefined ? options.respond : withGuardOfForm(options.respond, guard)
  const limit = maxRequests === undefined ? undefined : createRequestLimit(maxRequests)
  const answerRead = limit?.(options.respond) ?? options.respond
  const readAndAnswer = withBody(respond, maxBodyBytes)
  const answer = limit?.(readAndAnswer) ?? readAndAnswer
  // A caller whose key is in the form is unknown before the body is read: it does not count among the requests until then.
  const answerUnknown = withBody((exchange) => {
    guard?.assertForm(exchange, false)
    return answerRead(exchange)
  }, maxBodyBytes)

  function refuse({ note }: Pick<Exchange, 'note'>, cause: unknown): Answer {
    note.route = path
    return answerError(note, cause, format.refuse)
  }

  return {
    path,
    methods: format.methods,
    refuse,
    isCostly,
    isPublic,
    handle(exchange) {
      exchange.note.route = path
      exchange.note.isOperation = isOperation
      try {
        assertSite?.(exchange)
        const isKnown = guard?.assertHeader(exchange) ?? true
        const answered = isKnown ? answer(exchange) : answerUnknown(exchange)
        return answered instanceof Promise
          ? answered.catch((error) => refuse(exchange, error))
          : answered
      } catch (error) {
        return refuse(exchange, error)
      }
    }
  }
}

/** Turns any thrown error into an answer, and notes it. An unexpected one is a plain 500. */
export function answerError(
  note: Exchange['note'],
  cause: unknown,
  refuse: WireFormat['refuse']
): Answer {
  const error =
    cause instanceof ServiceError
      ? cause
      : new ServiceError('internal', 'Internal error.', { status: 500, cause })
  note.error = error
  const answer = refuse(error)
  const retryAfter = TEMPORARY.has(answer.status) ? error.retryAfter : undefined
  return {
    ...answer,
    headers: {
      ...error.headers,
      ...answer.headers,
      ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) })
    }
  }
}

/** A caller that authenticates by a header may not name another one in the form. */
function withGuardOfForm(
  respond: RouteOptions['respond'],
  guard: ApiKeyGuard
): RouteOptions['respond'] {
  return function respondToKnown(exchange) {
    guard.assertForm(exchange, true)
    return respond(exchange)
  }
}

function withBody(
  respond: RouteOptions['respond'],
  maxBodyBytes: number | undefined
): RouteOptions['respond'] {
  if (maxBodyBytes === undefined) return respond
  return function readBodyAndRespond(exchange) {
    const body = exchange.readBody(maxBodyBytes)
    if (body instanceof Promise) {
      return body.then((bytes) => {
        exchange.body = bytes
        return respond(exchange)
      })
    }
    exchange.body = body
    return respond(exchange)
  }
}

const RETRY_AFTER_SECONDS = 1

/** Makes a limit of requests in flight, which rejects all beyond it (429). All wrapped functions count together. */
function createRequestLimit(maxRequests: number) {
  let inFlight = 0

  return (respond: RouteOptions['respond']) => async (exchange: Exchange) => {
    if (inFlight >= maxRequests) {
      throw new ServiceError('too_many_requests', 'Too many requests.', {
        status: 429,
        retryAfter: RETRY_AFTER_SECONDS
      })
    }
    inFlight++
    try {
      return await respond(exchange)
    } finally {
      inFlight--
    }
  }
}
