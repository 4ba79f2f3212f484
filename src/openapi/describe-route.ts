/** A route of the configuration becomes the paths that it answers on. */

import type { Config } from '../config/full-form.ts'
import { claimsSourcesOf } from '../protocols/claims/sources.ts'
import type { IssueRouteConfig } from '../protocols/issue/settings.ts'
import { versionPathOf } from '../protocols/supertokens.ts'
import { describeCheck } from './check.ts'
import { describeClaims } from './claims.ts'
import { failures } from './failures.ts'
import { describeTxtokenIssue } from './issue.ts'
import { describeSingleKeys } from './keys.ts'
import { describeKrakend } from './krakend.ts'
import { describeOauthIssue } from './oauth.ts'
import { json, type Operation, type Parameter, type Paths, schemaRef } from './openapi.ts'
import { METRICS, READY } from './operations.ts'
import { describeRefresh } from './refresh.ts'
import { describeRevoke } from './revoke.ts'
import { callers } from './security.ts'
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
  if ('keys' in route) return forCallers(route, describeSingleKeys(route.keys))
  if ('health' in route) return forCallers(route, { [route.health]: { get: READY } })
  return forCallers(route, { [route.metrics]: { get: METRICS } })
}

/** Adds who may call paths that are asked by GET, and what others are told. */
function forCallers({ auth }: Pick<RouteConfig, 'auth'>, paths: Paths): Paths {
  if (auth === undefined) return paths
  const refused = failures([401], json(schemaRef('Error')))
  return Object.fromEntries(
    Object.entries(paths).map(([path, { get }]) => {
      if (get === undefined) return [path, {}]
      return [
        path,
        { get: { ...get, ...callers(auth), responses: { ...get.responses, ...refused } } }
      ]
    })
  )
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
