/** Custom paths for health and metrics. */
import { forCallers } from '../openapi/security.ts'
import type { RouteBuilder } from '../protocol.ts'
import { METRICS, READY, SCHEMAS } from './openapi.ts'
import { createHealthRoute, createMetricsRoute } from './route.ts'
import type { HealthRouteConfig, MetricsRouteConfig } from './settings.ts'

export const healthBuilder = {
  create: ({ health, auth }, services) => [
    createHealthRoute({ path: health, apiKeys: auth?.apiKeys }, services)
  ],
  describe: ({ health, auth }) => forCallers(auth, { [health]: { get: READY } }),
  schemas: SCHEMAS
} satisfies RouteBuilder<HealthRouteConfig>

export const metricsBuilder = {
  create: ({ metrics, auth }, services) => [
    createMetricsRoute({ path: metrics, apiKeys: auth?.apiKeys }, services)
  ],
  describe: ({ metrics, auth }) => forCallers(auth, { [metrics]: { get: METRICS } })
} satisfies RouteBuilder<MetricsRouteConfig>
