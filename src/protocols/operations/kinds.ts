/** More paths for health and metrics, where the usual ones are not what an operator wants. */
import { forCallers } from '../openapi/security.ts'
import type { RouteKind } from '../protocol.ts'
import { METRICS, READY, SCHEMAS } from './openapi.ts'
import { createHealthRoute, createMetricsRoute } from './route.ts'
import {
  type HealthRouteConfig,
  healthRouteSchema,
  type MetricsRouteConfig,
  metricsRouteSchema
} from './settings.ts'

export const healthKind = {
  verb: 'health',
  steps: [],
  addresses: () => [],
  settings: healthRouteSchema,
  create: ({ health, auth }, services) => [
    createHealthRoute({ path: health, apiKeys: auth?.apiKeys }, services)
  ],
  describe: ({ health, auth }) => forCallers(auth, { [health]: { get: READY } }),
  schemas: SCHEMAS
} satisfies RouteKind<HealthRouteConfig>

export const metricsKind = {
  verb: 'metrics',
  steps: [],
  addresses: () => [],
  settings: metricsRouteSchema,
  create: ({ metrics, auth }, services) => [
    createMetricsRoute({ path: metrics, apiKeys: auth?.apiKeys }, services)
  ],
  describe: ({ metrics, auth }) => forCallers(auth, { [metrics]: { get: METRICS } })
} satisfies RouteKind<MetricsRouteConfig>
