/** The routes of a configuration, each on its listener, and those that publish its keys. */
import type Router from '@koa/router'
import { DISCOVERY_PATH, JWK_SET_PATH } from '../config/own-paths.ts'
import { toRouterPath } from '../config/path-variables.ts'
import type { Config } from '../config/schema/full-form.ts'
import type { ClaimsRouteConfig } from '../config/schema/routes/claims.ts'
import type { SourceConfig } from '../config/schema/sources/source.ts'
import { isSymmetric } from '../keys/algorithms.ts'
import type { RequestState } from '../middleware/request-state.ts'
import { createCheckRoute } from './check-route.ts'
import { createClaimsRoute } from './claims-route.ts'
import { createDiscoveryRoute } from './discovery-route.ts'
import { createIssueRoute } from './issue-route.ts'
import { createJwkSetRoute } from './jwk-set-route.ts'
import { addKeysRoute } from './keys-route.ts'
import { createKrakendRoute } from './krakend-route.ts'
import {
  createHealthRoute,
  createMetricsRoute,
  type OperationRoutesOptions
} from './operation-routes.ts'
import type { Route } from './route.ts'
import type { Services } from './services.ts'

/** @param routers by the names of their listeners */
export function addRoutes(
  routers: ReadonlyMap<string, Router<RequestState>>,
  config: Config,
  services: Services,
  operations: OperationRoutesOptions
): void {
  for (const route of config.routes) {
    const router = routers.get(route.on)
    if (router === undefined) continue
    if ('issue' in route && route.protocol === 'krakend') {
      addRoute(router, createKrakendRoute(route, services))
    } else if ('issue' in route) addRoute(router, createIssueRoute(route, services))
    else if ('claims' in route) {
      addRoute(router, createClaimsRoute(route, sourcesOf(route, config), services))
    } else if ('check' in route) addRoute(router, createCheckRoute(route, services))
    else if ('keys' in route) addKeysRoute(router, route.keys, services.keyStore)
    else if ('health' in route)
      router.get(route.health, ...createHealthRoute(route.health, operations))
    else router.get(route.metrics, ...createMetricsRoute(route.metrics, operations))
  }
  addPublishing(routers, config, services)
}

function addRoute(router: Router<RequestState>, { path, methods, steps }: Route): void {
  router.register(toRouterPath(path), [...methods], [...steps])
}

/** The loader has seen to it that there is one. */
function sourcesOf(
  { of, sources }: ClaimsRouteConfig,
  { routes }: Config
): readonly SourceConfig[] {
  if (sources !== undefined) return sources
  const issuing = routes
    .filter((route) => 'issue' in route)
    .filter((route) => route.protocol !== 'krakend')
  return issuing.find(({ issue }) => of === undefined || issue === of)?.claims ?? []
}

/** On the main listener, and where single keys are. A service that has shared secrets only has nothing to publish. */
function addPublishing(
  routers: ReadonlyMap<string, Router<RequestState>>,
  { issuer, keys, routes }: Config,
  { keyStore, now }: Services
): void {
  const algorithms = keys.map(({ alg }) => alg).filter((alg) => !isSymmetric(alg))
  if (algorithms.length === 0) return
  const publishing = new Set([
    'main',
    ...routes.flatMap((route) => ('keys' in route ? route.on : []))
  ])
  for (const name of publishing) {
    const router = routers.get(name)
    router?.get(JWK_SET_PATH, createJwkSetRoute(keyStore, now))
    if (issuer !== undefined) {
      router?.get(DISCOVERY_PATH, createDiscoveryRoute({ issuer, algorithms }))
    }
  }
}
