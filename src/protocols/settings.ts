/** The settings of routes of every kind. */
import * as z from 'zod'
import type { SecretReader } from '../settings/secrets.ts'
import { checkRouteSchema } from './check/settings.ts'
import { claimsRouteSchema } from './claims/settings.ts'
import { issueRouteSchema } from './issue/settings.ts'
import { krakendRouteSchema } from './krakend/settings.ts'
import { healthRouteSchema, metricsRouteSchema } from './operations/settings.ts'
import { keysRouteSchema } from './published-keys/settings.ts'
import { revokeRouteSchema } from './revocation/settings.ts'
import { supertokensRouteSchema } from './supertokens/settings.ts'

export type RouteConfig = z.output<ReturnType<typeof routeSchema>>

export function routeSchema(reader: SecretReader) {
  return z.union(
    [
      issueRouteSchema(reader),
      krakendRouteSchema(reader),
      supertokensRouteSchema(reader),
      claimsRouteSchema(reader),
      checkRouteSchema(reader),
      keysRouteSchema(reader),
      revokeRouteSchema(reader),
      healthRouteSchema(reader),
      metricsRouteSchema(reader)
    ],
    'expected a route'
  )
}
