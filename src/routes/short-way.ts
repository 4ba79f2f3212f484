/** The short way for tokens that can be checked without a wait: they are answered ahead of the application, which would cost more than the check. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { CheckedToken } from '../check/check.ts'
import type { CheckNow } from '../check/check-now.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import { readAuthorization } from '../protocols/bearer-token.ts'
import type { PlainAnswer } from '../protocols/protocol.ts'
import { readTraceId } from '../remote/trace-context.ts'
import { hasBody } from '../server/body.ts'
import { findRepeatedField } from '../server/request-guard.ts'
import { requestIdOf } from '../server/request-id.ts'
import { milliseconds } from '../server/request-log.ts'

/** A check that needs nothing but the token, and its good answer. */
export interface ShortWay {
  readonly check: CheckNow
  readonly answer: (checked: CheckedToken) => PlainAnswer
}

/** A route that has such a check. */
export interface ShortRoute extends ShortWay {
  readonly path: string
  readonly methods: readonly string[]
}

export interface ShortWayOptions {
  readonly logger: Logger
  readonly metrics: Metrics
  readonly logRequests: boolean
  /** Whether the service takes new work. */
  readonly isReady: () => boolean
}

/**
 * Puts the short way in front of an application. It takes requests that carry a token in their Authorization header and nothing else
 * that could matter, and leaves every other one, and every refusal, to the application.
 */
export function withShortWay(
  application: RequestListener,
  routes: readonly ShortRoute[],
  options: ShortWayOptions
): RequestListener {
  if (routes.length === 0) return application
  const byTarget = new Map(
    routes.flatMap((route) => route.methods.map((method) => [`${method} ${route.path}`, route]))
  )

  const { logger, metrics, logRequests, isReady } = options

  return function answerShortly(request, response) {
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

/** A body or a cookie may hold a second token, and a second Authorization field is one. What is compressed is refused. */
function checkRequest(route: ShortRoute, request: IncomingMessage): CheckedToken | undefined {
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
  response.writeHead(200, {
    'X-Request-Id': requestId,
    ...headers,
    'Content-Length': Buffer.byteLength(body),
    ...(!staysOpen && { Connection: 'close' })
  })
  response.end(body)
}
