/** The settings of routes for those who operate the service, where the usual paths are not what they want. */
import { routePath, section } from '../fields.ts'
import { on } from './route.ts'

export const healthRouteSchema = section({
  health: routePath.describe(
    'One more path that answers as `/readyz` does: 200 while the service takes new work, else 503.'
  ),
  on
})

export const metricsRouteSchema = section({
  metrics: routePath.describe('One more path that the metrics are on.'),
  on
})
