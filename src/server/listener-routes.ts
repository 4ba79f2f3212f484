/** Which routes a listener has: those of the configuration, and those that the service brings along. */
import type { Config } from '../config/full-form.ts'
import { listenerOf, operationsListener, publishingListeners } from '../config/listeners.ts'
import { isSymmetric } from '../keys/algorithms.ts'
import type { Paths } from '../protocols/openapi/parts.ts'
import { SCHEMAS as OPERATION_SCHEMAS, OPERATIONS } from '../protocols/operations/openapi.ts'
import { createOperationRoutes } from '../protocols/operations/route.ts'
import { createDiscoveryRoute } from '../protocols/published-keys/discovery.ts'
import { createJwkSetRoute } from '../protocols/published-keys/jwk-set.ts'
import { describePublishing, SCHEMAS as KEY_SCHEMAS } from '../protocols/published-keys/openapi.ts'
import { kindOf } from '../protocols/registry.ts'
import type { Route } from '../protocols/route.ts'
import type { Services } from '../protocols/services.ts'
import type { Remote } from '../remote/remote.ts'

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
export async function createListenerRoutes(
  listener: string,
  options: ListenerRoutesOptions
): Promise<Route[]> {
  const { config, services, version, createDocsRoutes } = options
  const routes = await Promise.all(
    routesOn(listener, config).map(async (route) => {
      const { create } = await kindOf(route).load(route)
      return withRoom(services, (own) => create(route, own, config.routes))
    })
  )
  const docs = createDocsRoutes?.(await describeListener(listener, config, version))
  return [
    ...routes.flat(),
    ...(publishingListeners(config).has(listener) ? createPublishingRoutes(config, services) : []),
    ...(operationsListener(config) === listener ? createOperationRoutes(services) : []),
    ...(docs ?? [])
  ]
}

/** Makes routes that know whether the remotes that they call have room for one more call. */
function withRoom(services: Services, create: (services: Services) => Route[]): Route[] {
  const remotes: Remote[] = []
  const routes = create({
    ...services,
    connect(options) {
      const remote = services.connect(options)
      remotes.push(remote)
      return remote
    }
  })
  if (remotes.length === 0) return routes
  const hasRoom = () => remotes.every((remote) => remote.hasRoom())
  return routes.map((route) => ({ ...route, hasRoom }))
}

/** The OpenAPI document of a listener. */
export async function describeListener(
  listener: string,
  config: Config,
  version: string
): Promise<object> {
  const { createDocument } = await import('../protocols/openapi/document.ts')
  const { routes } = config
  const described = await Promise.all(
    routesOn(listener, config).map(async (route) => {
      const { describe, schemas } = await kindOf(route).load(route)
      return { paths: describe(route, routes), schemas }
    })
  )
  const paths: Paths = Object.assign(
    {},
    ...described.map((one) => one.paths),
    publishingListeners(config).has(listener)
      ? describePublishing(config.issuer !== undefined)
      : {},
    operationsListener(config) === listener ? OPERATIONS : {}
  )
  const schemas = Object.assign(
    { ...KEY_SCHEMAS, ...OPERATION_SCHEMAS },
    ...described.map((one) => one.schemas)
  )
  const { responseHeaders } = config.listen[listener] ?? {}
  return createDocument({ paths, schemas, routes, responseHeaders, version })
}

function routesOn(listener: string, config: Config): Config['routes'] {
  return config.routes.filter((route) => listenerOf(route, config) === listener)
}

function createPublishingRoutes({ issuer, keys }: Config, { keyStore, now }: Services): Route[] {
  const algorithms = keys.map(({ alg }) => alg).filter((alg) => !isSymmetric(alg))
  return [
    createJwkSetRoute(keyStore, now),
    ...(issuer === undefined ? [] : [createDiscoveryRoute({ issuer, algorithms })])
  ]
}
