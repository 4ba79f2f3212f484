/** A route of the configuration becomes the paths that it answers on. */
import { claimsSourcesOf } from '../config/claims-sources.ts'
import type { Config } from '../config/schema/full-form.ts'
import type { IssueRouteConfig } from '../config/schema/routes/issue.ts'
import { versionPathOf } from '../protocols/supertokens.ts'
import { describeCheck } from './check.ts'
import { describeClaims } from './claims.ts'
import { describeTxtokenIssue } from './issue.ts'
import { describeSingleKeys } from './keys.ts'
import { describeKrakend } from './krakend.ts'
import { describeOauthIssue } from './oauth.ts'
import type { Operation, Parameter, Paths } from './openapi.ts'
import { METRICS, READY } from './operations.ts'
import { describeRefresh } from './refresh.ts'
import { describeRevoke } from './revoke.ts'
import { describeParameters } from './source-parameters.ts'
import { describeSupertokens } from './supertokens.ts'
import { describeThemisIssue } from './themis.ts'

type RouteConfig = Config['routes'][number]

/** @param config the configuration that the route is of */
export function describeRoute(route: RouteConfig, config: Pick<Config, 'routes'>): Paths {
  if ('issue' in route) return describeIssuing(route)
  if ('claims' in route) {
    const parameters = describeParameters(claimsSourcesOf(route, config))
    return { [route.claims]: describeClaims(route, parameters) }
  }
  if ('check' in route) return { [route.check]: describeCheck(route) }
  if ('revoke' in route) return { [route.revoke]: { post: describeRevoke(route) } }
  if ('keys' in route) return describeSingleKeys(route.keys)
  if ('health' in route) return { [route.health]: { get: READY } }
  return { [route.metrics]: { get: METRICS } }
}

function describeIssuing(route: Extract<RouteConfig, { issue: string }>): Paths {
  const parameters = describeParameters(route.claims)
  switch (route.protocol) {
    case 'supertokens':
      return describeSupertokens(route, versionPathOf(route.issue))
    case 'krakend':
      return { [route.issue]: { post: { ...describeKrakend(route), parameters } } }
    case 'txtoken':
      return withRefresh(route, { ...describeTxtokenIssue(route), parameters })
    case 'oauth':
      return withRefresh(route, { ...describeOauthIssue(route), parameters })
    case 'themis':
      return describeThemis(route, parameters)
  }
}

function withRefresh({ issue, refresh }: IssueRouteConfig, operation: Operation): Paths {
  return {
    [issue]: { post: operation },
    ...(refresh !== undefined && { [refresh.route]: { post: describeRefresh(operation) } })
  }
}

function describeThemis(route: IssueRouteConfig, parameters: readonly Parameter[]): Paths {
  const { get, post } = describeThemisIssue(route)
  return {
    ...withRefresh(route, { ...post, parameters }),
    [route.issue]: { get: { ...get, parameters }, post: { ...post, parameters } }
  }
}
