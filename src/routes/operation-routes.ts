/** The routes of those who operate the service: health and metrics. */
import type Router from '@koa/router'
import type { Metrics } from '../operations/metrics.ts'
import type { ConfiguredRevocation } from '../server/configured-revocation.ts'
import type { AppMiddleware, RequestState } from '../server/request-state.ts'
import { createApiKeyGuard } from './api-keys.ts'

export interface OperationRoutesOptions {
  readonly metrics: Metrics
  /** Whether the service takes new work: not once it has been told to stop. The remote has no say in it. */
  readonly isReady: () => boolean
  /** Tokens cannot be checked before their revocations have been read. */
  readonly revocation?: Pick<ConfiguredRevocation, 'isReady'> | undefined
}

/** A path, and the keys of those who may ask; everybody may where there are none. */
interface OperationRoute {
  readonly path: string
  readonly apiKeys?: readonly string[] | undefined
}

/** Adds `/livez` (and `/healthz`, its other name), `/readyz` and `/metrics`. */
export function addOperationRoutes(
  router: Router<RequestState>,
  options: OperationRoutesOptions
): void {
  const live: AppMiddleware = (context) => {
    context.body = { status: 'ok' }
  }
  router.get('/livez', named('/livez'), live)
  router.get('/healthz', named('/healthz'), live)
  router.get('/readyz', ...createHealthRoute({ path: '/readyz' }, options))
  router.get('/metrics', ...createMetricsRoute({ path: '/metrics' }, options))
}

/** Says whether the service takes new work. */
export function createHealthRoute(
  { path, apiKeys }: OperationRoute,
  { isReady, revocation }: OperationRoutesOptions
): AppMiddleware[] {
  function status(): 'ok' | 'starting' | 'stopping' {
    if (!isReady()) return 'stopping'
    return revocation?.isReady() === false ? 'starting' : 'ok'
  }

  return [
    named(path),
    ...(apiKeys === undefined ? [] : [createApiKeyGuard(apiKeys)]),
    (context) => {
      const body = { status: status() }
      context.status = body.status === 'ok' ? 200 : 503
      context.body = body
    }
  ]
}

/** Exposes the metrics. */
export function createMetricsRoute(
  { path, apiKeys }: OperationRoute,
  { metrics }: OperationRoutesOptions
): AppMiddleware[] {
  return [
    named(path),
    ...(apiKeys === undefined ? [] : [createApiKeyGuard(apiKeys)]),
    async (context) => {
      const text = await metrics.expose()
      context.set('Content-Type', metrics.contentType)
      context.body = text
    }
  ]
}

function named(route: string): AppMiddleware {
  return function nameRoute(context, next) {
    context.state.route = route
    context.state.isOperation = true
    return next()
  }
}
