/** Which routes a listener has: those of the configuration, and those that the service brings along. */
import type { Config } from '../config/full-form.ts'
import { listenerOf, operationsListener, publishingListeners } from '../config/listeners.ts'
import { isSymmetric } from '../keys/algorithms.ts'
import { createDocument } from '../protocols/openapi/document.ts'
import type { Paths } from '../protocols/openapi/parts.ts'
import { OPERATIONS } from '../protocols/operations/openapi.ts'
import { createOperationRoutes } from '../protocols/operations/route.ts'
import { createDiscoveryRoute } from '../protocols/published-keys/discovery.ts'
import { createJwkSetRoute } from '../protocols/published-keys/jwk-set.ts'
import { describePublishing } from '../protocols/published-keys/openapi.ts'
import { kindOf } from '../protocols/registry.ts'
import type { Route } from '../protocols/route.ts'
import type { Services } from '../protocols/services.ts'

/** Makes the routes of one document: `/openapi.json`, and the page that shows it. */
export type CreateDocsRoutes = (document: object) => Route[]

export interface ListenerRoutesOptions {
  readonly config: Config
  readonly services: Services
  readonly version: string
  /** Left out where the configuration asks for no documents. */
  readonly createDocsRoutes: CreateDocsRoutes | undefined
}

/** @param listener its name */
export function createListenerRoutes(listener: string, options: ListenerRoutesOptions): Route[] {
  const { config, services, version, createDocsRoutes } = options
  return [
    ...config.routes
      .filter((route) => listenerOf(route, config) === listener)
      .flatMap((route) => kindOf(route).create(route, services, config.routes)),
    ...(publishingListeners(config).has(listener) ? createPublishingRoutes(config, services) : []),
    ...(operationsListener(config) === listener ? createOperationRoutes(services) : []),
    ...(createDocsRoutes?.(describeListener(listener, config, version)) ?? [])
  ]
}

/** The OpenAPI document of a listener. */
export function describeListener(listener: string, config: Config, version: string): object {
  const { routes } = config
  const described = routes
    .filter((route) => listenerOf(route, config) === listener)
    .map((route) => kindOf(route).describe(route, routes))
  const paths: Paths = Object.assign(
    {},
    ...described,
    publishingListeners(config).has(listener)
      ? describePublishing(config.issuer !== undefined)
      : {},
    operationsListener(config) === listener ? OPERATIONS : {}
  )
  const { responseHeaders } = config.listen[listener] ?? {}
  return createDocument({ paths, routes, responseHeaders, version })
}

function createPublishingRoutes({ issuer, keys }: Config, { keyStore, now }: Services): Route[] {
  const algorithms = keys.map(({ alg }) => alg).filter((alg) => !isSymmetric(alg))
  return [
    createJwkSetRoute(keyStore, now),
    ...(issuer === undefined ? [] : [createDiscoveryRoute({ issuer, algorithms })])
  ]
}
