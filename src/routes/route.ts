/** A route as the router takes it, and the first steps of every route that has a wire format. */

import type { Methods, Protocol } from '../protocols/protocol.ts'
import { createBodyReader } from '../server/body.ts'
import { requestGuard } from '../server/request-guard.ts'
import { createRequestLimit } from '../server/request-limit.ts'
import type { AppMiddleware } from '../server/request-state.ts'
import { createApiKeyGuard } from './api-keys.ts'
import type { ShortWay } from './short-way.ts'

export interface Route {
  /** As configured, with path variables such as `{mac}`. */
  readonly path: string
  readonly methods: Methods
  readonly steps: readonly AppMiddleware[]
  /** How tokens are checked and answered without these steps, where that can be done. */
  readonly shortWay?: ShortWay | undefined
}

export interface RouteStartOptions {
  /** The path as configured, for log and metrics. */
  readonly path: string
  readonly protocol: Protocol
  readonly apiKeys?: readonly string[] | undefined
  /** Requests that it takes at once. Default: no limit. */
  readonly maxRequests?: number | undefined
  readonly maxBodyBytes: number
}

/**
 * Makes the first steps of a route. From the first of them on, whatever goes wrong is answered in the route's own format. API keys are
 * judged before anything else of a request. A gate refuses ambiguous requests in its own format too, and never reads a body.
 */
export function startRoute(options: RouteStartOptions): AppMiddleware[] {
  const { path, protocol, apiKeys, maxRequests, maxBodyBytes } = options
  const isGate = protocol.methods === 'any'
  return [
    createAnswerer(path, protocol),
    ...(isGate ? [requestGuard] : []),
    ...(apiKeys === undefined ? [] : [createApiKeyGuard(apiKeys, protocol)]),
    ...(maxRequests === undefined ? [] : [createRequestLimit(maxRequests)]),
    ...(isGate ? [] : [createBodyReader(maxBodyBytes)])
  ]
}

function createAnswerer(path: string, { writeError }: Pick<Protocol, 'writeError'>): AppMiddleware {
  return function answerAs(context, next) {
    context.state.route = path
    context.state.writeError = writeError
    return next()
  }
}
