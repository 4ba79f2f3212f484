/** The short way for tokens that were verified before: they are answered ahead of the application, which would cost more than their check. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { CheckedToken } from '../check/check.ts'
import type { KnownCheck } from '../check/check-cache.ts'
import { hasBody } from '../middleware/body.ts'
import { findRepeatedField } from '../middleware/request-guard.ts'
import { requestIdOf } from '../middleware/request-id.ts'
import { milliseconds } from '../middleware/request-log.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import { readAuthorization } from '../protocols/bearer-token.ts'
import type { PlainAnswer } from '../protocols/protocol.ts'
import { readTraceId } from '../remote/trace-context.ts'

/** A check that needs nothing but the token, and its good answer. */
export interface KnownTokens {
  readonly check: KnownCheck
  readonly answer: (checked: CheckedToken) => PlainAnswer
}

/** A route that known tokens are answered on. */
export interface KnownTokenRoute extends KnownTokens {
  readonly path: string
  readonly methods: readonly string[]
}

export interface KnownTokensOptions {
  readonly logger: Logger
  readonly metrics: Metrics
  readonly logRequests: boolean
  /** Whether the service takes new work. */
  readonly isReady: () => boolean
}

/**
 * Puts the short way in front of an application. It takes requests that carry a known token in their Authorization header and nothing
 * else that could matter, and leaves every other one, and every refusal, to the application.
 */
export function withKnownTokens(
  application: RequestListener,
  routes: readonly KnownTokenRoute[],
  options: KnownTokensOptions
): RequestListener {
  if (routes.length === 0) return application
  const byTarget = new Map(
    routes.flatMap((route) => route.methods.map((method) => [`${method} ${route.path}`, route]))
  )

  const { logger, metrics, logRequests, isReady } = options

  return function answerKnown(request, response) {
    const startedAt = performance.now()
    const route = byTarget.get(`${request.method} ${request.url}`)
    const checked = route === undefined ? undefined : checkRequest(route, request)
    if (route === undefined || checked === undefined) return application(request, response)
    const requestId = requestIdOf(request)
    write(response, requestId, isReady(), route.answer(checked))
    const seconds = (performance.now() - startedAt) / 1000
    metrics.tokenChecked(route.path, 'valid', 'none')
    metrics.requestEnded(route.path, 200, seconds)
    if (!logRequests) return
    const { method } = request
    const line = {
      requestId,
      traceId: readTraceId(request.headers),
      method,
      route: route.path,
      status: 200,
      durationMs: milliseconds(seconds)
    }
    logger.info(line, 'request')
  }
}

/** Leaves to the application what may hold a second token (a body, a cookie, another Authorization field), and what it refuses: compressed bodies. */
function checkRequest(route: KnownTokenRoute, request: IncomingMessage): CheckedToken | undefined {
  const { headers } = request
  if (headers.authorization === undefined || headers.cookie !== undefined) return undefined
  if (hasBody(headers) || headers['content-encoding'] !== undefined) return undefined
  if (findRepeatedField(request) !== undefined) return undefined
  const token = readAuthorization(headers.authorization)
  return token === undefined ? undefined : route.check(token)
}

function write(
  response: ServerResponse,
  requestId: string,
  staysOpen: boolean,
  { headers, body }: PlainAnswer
): void {
  response.setHeader('X-Request-Id', requestId)
  for (const name in headers) response.setHeader(name, headers[name] ?? '')
  response.setHeader('Content-Length', Buffer.byteLength(body))
  if (!staysOpen) response.setHeader('Connection', 'close')
  response.end(body)
}
