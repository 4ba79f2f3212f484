/** The routes of a configuration, and those that publish its keys. */
import type Router from '@koa/router'
import { DISCOVERY_PATH, JWK_SET_PATH } from '../config/consistency.ts'
import type { Config } from '../config/schema/full-form.ts'
import { isSymmetric } from '../keys/algorithms.ts'
import type { RequestState } from '../middleware/request-state.ts'
import { createCheckRoute } from './check-route.ts'
import { createDiscoveryRoute } from './discovery-route.ts'
import { createIssueRoute } from './issue-route.ts'
import { createJwkSetRoute } from './jwk-set-route.ts'
import { addKeysRoute } from './keys-route.ts'
import type { Services } from './services.ts'

export function addRoutes(router: Router<RequestState>, config: Config, services: Services): void {
  for (const route of config.routes) {
    if ('issue' in route) router.post(route.issue, ...createIssueRoute(route, services))
    else if ('check' in route) {
      const check = createCheckRoute(route, services)
      router.get(route.check, ...check)
      router.post(route.check, ...check)
    } else addKeysRoute(router, route.keys, services.keyStore)
  }
  addPublishing(router, config, services)
}

/** A service that has shared secrets only has nothing to publish, and no routes for it. */
function addPublishing(
  router: Router<RequestState>,
  { issuer, keys }: Config,
  { keyStore, now }: Services
): void {
  const algorithms = keys.map(({ alg }) => alg).filter((alg) => !isSymmetric(alg))
  if (algorithms.length === 0) return
  router.get(JWK_SET_PATH, createJwkSetRoute(keyStore, now))
  if (issuer !== undefined) {
    router.get(DISCOVERY_PATH, createDiscoveryRoute({ issuer, algorithms }))
  }
}
