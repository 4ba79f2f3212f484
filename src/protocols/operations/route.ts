/** The routes of operators: health and metrics. */
import { jsonAnswer } from '../exchange.ts'
import { OPERATION_PATHS, type OperationPath } from '../own-paths.ts'
import { createRoute, type Route, type WireFormat } from '../route.ts'
import type { Services } from '../services.ts'

export type OperationServices = Pick<Services, 'metrics' | 'isReady' | 'isStarting' | 'revocation'>

/** A path, and the API keys for it; without keys anyone may use it. */
export interface OperationRoute {
  readonly path: string
  readonly apiKeys?: readonly string[] | undefined
}

/** Errors are the service's own JSON. */
export const plainFormat: WireFormat = {
  methods: ['GET'],
  refuse: ({ status, message }) => jsonAnswer(status, { error: message })
}

type CreateOperationRoute = (route: OperationRoute, services: OperationServices) => Route

const CREATE: Readonly<Record<OperationPath, CreateOperationRoute>> = {
  '/livez': createLiveRoute,
  '/healthz': createLiveRoute,
  '/readyz': createHealthRoute,
  '/metrics': createMetricsRoute
}

/** Makes the routes that need no setting: `/livez` (and `/healthz`, its other name), `/readyz` and `/metrics`. */
export function createOperationRoutes(services: OperationServices): Route[] {
  return OPERATION_PATHS.map((path) => CREATE[path]({ path }, services))
}

const LIVE = jsonAnswer(200, { status: 'ok' })

function createLiveRoute({ path }: OperationRoute): Route {
  return createRoute({ path, format: plainFormat, isOperation: true, respond: () => LIVE })
}

/** Shows whether the service takes new work. */
export function createHealthRoute(route: OperationRoute, services: OperationServices): Route {
  return createRoute({
    ...route,
    format: plainFormat,
    isOperation: true,
    respond() {
      const status = healthOf(services)
      return jsonAnswer(status === 'ok' ? 200 : 503, { status })
    }
  })
}

/** Whether the service takes new work, and if not, why. The remote does not matter here. */
export function healthOf({
  isReady,
  isStarting,
  revocation
}: OperationServices): 'ok' | 'starting' | 'stopping' {
  if (!isReady()) return 'stopping'
  if (isStarting?.() === true) return 'starting'
  // Tokens cannot be checked before their revocations have been read.
  return revocation?.isReady() === false ? 'starting' : 'ok'
}

/** Exposes the metrics for Prometheus. */
export function createMetricsRoute(route: OperationRoute, { metrics }: OperationServices): Route {
  return createRoute({
    ...route,
    format: plainFormat,
    isOperation: true,
    async respond() {
      const body = await metrics.expose()
      return { status: 200, headers: { 'Content-Type': metrics.contentType }, body }
    }
  })
}
