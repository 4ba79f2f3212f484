/** The routes of those who operate the service: health and metrics. */
import type Router from '@koa/router'
import type { AppMiddleware, RequestState } from '../middleware/request-state.ts'
import type { Metrics } from '../operations/metrics.ts'

export interface OperationRoutesOptions {
  readonly metrics: Metrics
  /** Whether the service takes new work: not once it has been told to stop. The remote has no say in it. */
  readonly isReady: () => boolean
}

/** Adds `/livez` (and `/healthz`, its other name), `/readyz` and `/metrics`. */
export function addOperationRoutes(
  router: Router<RequestState>,
  { metrics, isReady }: OperationRoutesOptions
): void {
  const live: AppMiddleware = (context) => {
    context.body = { status: 'ok' }
  }
  router.get('/livez', named('/livez'), live)
  router.get('/healthz', named('/healthz'), live)
  router.get('/readyz', named('/readyz'), (context) => {
    const ready = isReady()
    context.status = ready ? 200 : 503
    context.body = { status: ready ? 'ok' : 'stopping' }
  })
  router.get('/metrics', named('/metrics'), async (context) => {
    const text = await metrics.expose()
    context.set('Content-Type', metrics.contentType)
    context.body = text
  })
}

function named(route: string): AppMiddleware {
  return function nameRoute(context, next) {
    context.state.route = route
    return next()
  }
}
