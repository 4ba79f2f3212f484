/** The settings of custom routes for operators. */
import type * as z from 'zod'
import { routePath } from '../../settings/route-paths.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { auth, on } from '../route-settings.ts'

export type HealthRouteConfig = z.output<ReturnType<typeof healthRouteSchema>>
export type MetricsRouteConfig = z.output<ReturnType<typeof metricsRouteSchema>>

export function healthRouteSchema(reader: SecretReader) {
  return section({
    health: routePath.describe(
      'One more path that answers as `/readyz` does: 200 while the service takes new work, else 503.'
    ),
    on,
    auth: auth(reader)
  })
}

export function metricsRouteSchema(reader: SecretReader) {
  return section({
    metrics: routePath.describe('One more path that the metrics are on.'),
    on,
    auth: auth(reader)
  })
}
