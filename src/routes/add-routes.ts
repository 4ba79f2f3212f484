/** The routes of a configuration, each on its listener, and those that publish its keys. */
import type Router from '@koa/router'
import type { Config } from '../config/full-form.ts'
import { isSymmetric } from '../keys/algorithms.ts'
import { claimsSourcesOf } from '../protocols/claims/sources.ts'
import { listenerOf, publishingListeners } from '../protocols/listeners.ts'
import { DISCOVERY_PATH, JWK_SET_PATH } from '../protocols/own-paths.ts'
import type { Gate } from '../server/gates.ts'
import type { RequestState } from '../server/request-state.ts'
import { toRouterPath } from '../settings/route-paths.ts'
import { createCheckRoute } from './check-route.ts'
import { createClaimsRoute } from './claims-route.ts'
import { createDiscoveryRoute } from './discovery-route.ts'
import { createIssueRoutes } from './issue-route.ts'
import { createJwkSetRoute } from './jwk-set-route.ts'
import { addKeysRoute } from './keys-route.ts'
import { createKrakendRoute } from './krakend-route.ts'
import {
  createHealthRoute,
  createMetricsRoute,
  type OperationRoutesOptions
} from './operation-routes.ts'
import { createRevokeRoute } from './revoke-route.ts'
import type { Route } from './route.ts'
import type { Services } from './services.ts'
import type { ShortRoute } from './short-way.ts'
import { createSupertokensRoutes } from './supertokens-route.ts'

/** What is answered on a listener. */
export interface ListenerRoutes {
  readonly router: Router<RequestState>
  /** They answer for whole trees of paths, which nothing else is in. */
  readonly gates: Gate[]
  /** Those of its routes that tokens need not go through the router for, if there is no wait for them. */
  readonly short: ShortRoute[]
}

/** @param listeners by their names */
export function addRoutes(
  listeners: ReadonlyMap<string, ListenerRoutes>,
  config: Config,
  services: Services,
  operations: OperationRoutesOptions
): void {
  for (const route of config.routes) {
    const listener = listeners.get(listenerOf(route, config))
    if (listener === undefined) continue
    const { router } = listener
    if ('issue' in route && route.protocol === 'supertokens') {
      for (const one of createSupertokensRoutes(route, services)) addRoute(listener, one)
    } else if ('issue' in route && route.protocol === 'krakend') {
      addRoute(listener, createKrakendRoute(route, services))
    } else if ('issue' in route) {
      for (const one of createIssueRoutes(route, services)) addRoute(listener, one)
    } else if ('claims' in route) {
      addRoute(listener, createClaimsRoute(route, claimsSourcesOf(route, config), services))
    } else if ('check' in route) addRoute(listener, createCheckRoute(route, services))
    else if ('revoke' in route) {
      if (services.revocation !== undefined) {
        addRoute(listener, createRevokeRoute(route, services.revocation, services))
      }
    } else if ('keys' in route) {
      addKeysRoute(router, { path: route.keys, apiKeys: route.auth?.apiKeys }, services.keyStore)
    } else {
      addOperationRoute(router, route, operations)
    }
  }
  addPublishing(listeners, config, services)
}

function addOperationRoute(
  router: Router<RequestState>,
  route: Extract<Config['routes'][number], { health: string } | { metrics: string }>,
  operations: OperationRoutesOptions
): void {
  const apiKeys = route.auth?.apiKeys
  const [path, steps] =
    'health' in route
      ? [route.health, createHealthRoute({ path: route.health, apiKeys }, operations)]
      : [route.metrics, createMetricsRoute({ path: route.metrics, apiKeys }, operations)]
  router.get(path, ...steps)
}

function addRoute({ router, gates, short: shortRoutes }: ListenerRoutes, route: Route): void {
  const { path, methods, steps, shortWay } = route
  if (methods === 'any') gates.push({ path, steps })
  else router.register(toRouterPath(path), [...methods], [...steps])
  // Proxies ask by GET, whatever the method of the request that they ask about: nginx, Traefik.
  if (shortWay !== undefined) {
    shortRoutes.push({ path, methods: methods === 'any' ? ['GET'] : methods, ...shortWay })
  }
}

function addPublishing(
  listeners: ReadonlyMap<string, ListenerRoutes>,
  config: Config,
  { keyStore, now }: Services
): void {
  const { issuer, keys } = config
  const algorithms = keys.map(({ alg }) => alg).filter((alg) => !isSymmetric(alg))
  for (const name of publishingListeners(config)) {
    const router = listeners.get(name)?.router
    router?.get(JWK_SET_PATH, createJwkSetRoute(keyStore, now))
    if (issuer !== undefined) {
      router?.get(DISCOVERY_PATH, createDiscoveryRoute({ issuer, algorithms }))
    }
  }
}
