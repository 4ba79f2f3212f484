/** Every kind of route and every wire format. Whoever has to know all of them reads them here: settings, routes, OpenAPI, rules. */
import type { SecretReader } from '../settings/secrets.ts'
import { createCheckKind } from './check/route.ts'
import type { CheckRouteConfig } from './check/settings.ts'
import { claimsKind } from './claims/route.ts'
import type { ClaimsRouteConfig } from './claims/settings.ts'
import { forwardAuth } from './forward-auth/format.ts'
import { introspection } from './introspection/format.ts'
import { createIssueKind } from './issue/route.ts'
import type { IssueRouteConfig } from './issue/settings.ts'
import { krakendKind } from './krakend/route.ts'
import type { KrakendRouteConfig } from './krakend/settings.ts'
import { oauth } from './oauth/format.ts'
import { okera } from './okera/format.ts'
import { healthKind, metricsKind } from './operations/kinds.ts'
import type { HealthRouteConfig, MetricsRouteConfig } from './operations/settings.ts'
import type { RouteKind } from './protocol.ts'
import { keysKind } from './published-keys/route.ts'
import type { KeysRouteConfig } from './published-keys/settings.ts'
import { revokeKind } from './revocation/route.ts'
import type { RevokeRouteConfig } from './revocation/settings.ts'
import { supertokensKind } from './supertokens/route.ts'
import type { SupertokensRouteConfig } from './supertokens/settings.ts'
import { themis } from './themis/format.ts'
import { txtokenCheck } from './txtoken/check-format.ts'
import { txtokenIssue } from './txtoken/issue-format.ts'

/** The wire formats that tokens are issued in; the first is the default. */
const ISSUE_PROTOCOLS = [txtokenIssue, oauth, themis] as const
/** The wire formats that tokens are checked in; the first is the default. */
const CHECK_PROTOCOLS = [txtokenCheck, okera, introspection, forwardAuth] as const

/** One route of a configuration. */
export type RouteConfig =
  | IssueRouteConfig<(typeof ISSUE_PROTOCOLS)[number]['name']>
  | KrakendRouteConfig
  | SupertokensRouteConfig
  | ClaimsRouteConfig
  | CheckRouteConfig<(typeof CHECK_PROTOCOLS)[number]['name']>
  | KeysRouteConfig
  | RevokeRouteConfig
  | HealthRouteConfig
  | MetricsRouteConfig

const issueKind = createIssueKind(ISSUE_PROTOCOLS)
const checkKind = createCheckKind(CHECK_PROTOCOLS)

/** The schema of each kind, in the order of the reference. */
export function routeSchemas(reader: SecretReader) {
  return [
    issueKind.settings(reader),
    krakendKind.settings(reader),
    supertokensKind.settings(reader),
    claimsKind.settings(reader),
    checkKind.settings(reader),
    keysKind.settings(reader),
    revokeKind.settings(reader),
    healthKind.settings(reader),
    metricsKind.settings(reader)
  ] as const
}

/** More special kinds first. */
export const ROUTE_KINDS: readonly RouteKind<RouteConfig>[] = [
  krakendKind,
  supertokensKind,
  issueKind,
  claimsKind,
  checkKind,
  keysKind,
  revokeKind,
  healthKind,
  metricsKind
]

/** The kind of a route. */
export function kindOf(route: RouteConfig): RouteKind<RouteConfig> {
  const protocol = 'protocol' in route ? route.protocol : undefined
  const found = ROUTE_KINDS.find(
    ({ verb, protocols }) =>
      Object.hasOwn(route, verb) && (protocols === undefined || protocols.includes(protocol ?? ''))
  )
  if (found === undefined) throw new TypeError('a route of no kind')
  return found
}
