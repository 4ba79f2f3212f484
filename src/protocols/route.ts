/** A route: everything that happens to a request on its path, from the guards to the answer. */
import { ServiceError } from '../errors.ts'
import { createApiKeyGuard } from './api-keys.ts'
import type { Answer, Exchange } from './exchange.ts'

/**
 * The methods of a route's requests. `any` is for a gate: a proxy asks it about requests of others, so it answers every method, on its
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
  /** Whether its requests may be rejected while the process has more to do than it can. */
  readonly isCostly: boolean
}

/** What every wire format has. */
export interface WireFormat {
  readonly methods: Methods
  /** Whether callers may send their API key as the password of HTTP Basic too (RFC 6749, section 2.3.1). */
  readonly takesBasic?: boolean
  /** The answer for an error. */
  readonly refuse: (error: ServiceError) => Answer
}

export interface RouteOptions {
  readonly path: string
  readonly format: WireFormat
  /** Only callers with one of these may use the route. Default: everybody may. */
  readonly apiKeys?: readonly string[] | undefined
  /** Requests in flight at once. Default: no limit. */
  readonly maxRequests?: number | undefined
  /** The largest body in bytes. Default: the route reads none. */
  readonly maxBodyBytes?: number | undefined
  /** Whether the route is for health or metrics. Default: no. */
  readonly isOperation?: boolean
  /** Whether a request costs many times its rejection, as one that issues a token does. Default: no. */
  readonly isCostly?: boolean
  /** What the route does once its guards have let a request pass. May throw a ServiceError. */
  readonly respond: (exchange: Exchange) => Promise<Answer> | Answer
}

/** Statuses after which a client may try again (RFC 6585, section 4; RFC 9110, section 15.6.4). */
const TEMPORARY: ReadonlySet<number> = new Set([429, 503])

/** Makes a route. Its guards run in this order: API key, number of requests, size of the body. */
export function createRoute(options: RouteOptions): Route {
  const { path, format, apiKeys, maxRequests, maxBodyBytes, isOperation = false } = options
  const { isCostly = false } = options
  const assertApiKey = apiKeys === undefined ? undefined : createApiKeyGuard(apiKeys, format)
  const respond = withBody(options.respond, maxBodyBytes)
  const answer = maxRequests === undefined ? respond : withRequestLimit(respond, maxRequests)

  function refuse({ note }: Pick<Exchange, 'note'>, cause: unknown): Answer {
    note.route = path
    return answerError(note, cause, format.refuse)
  }

  return {
    path,
    methods: format.methods,
    refuse,
    isCostly,
    handle(exchange) {
      exchange.note.route = path
      exchange.note.isOperation = isOperation
      try {
        assertApiKey?.(exchange)
        const answered = answer(exchange)
        return answered instanceof Promise
          ? answered.catch((error) => refuse(exchange, error))
          : answered
      } catch (error) {
        return refuse(exchange, error)
      }
    }
  }
}

/** Turns whatever was thrown into an answer, and notes it. What nobody foresaw is a plain 500. */
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

/** Rejects requests (429) while as many as this are in flight. */
function withRequestLimit(
  respond: RouteOptions['respond'],
  maxRequests: number
): RouteOptions['respond'] {
  let inFlight = 0

  return async function respondWithinLimit(exchange) {
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
