/** The routes of a listener: configured ones, and the routes of the service itself. */
import type { Config } from '../config/full-form.ts'
import {
  listenerOf,
  openListeners,
  operationsListener,
  publishingListeners,
  workbenchListener
} from '../config/listeners.ts'
import { isSymmetric } from '../keys/algorithms.ts'
import { createMetadataRoutes, findTokenRoute } from '../protocols/oauth/metadata.ts'
import { describeMetadata, METADATA_SCHEMAS } from '../protocols/oauth/openapi.ts'
import type { Paths } from '../protocols/openapi/parts.ts'
import { SCHEMAS as OPERATION_SCHEMAS, OPERATIONS } from '../protocols/operations/openapi.ts'
import { createOperationRoutes } from '../protocols/operations/route.ts'
import { createDiscoveryRoutes } from '../protocols/published-keys/discovery.ts'
import { createJwkSetRoutes } from '../protocols/published-keys/jwk-set.ts'
import { describePublishing, SCHEMAS as KEY_SCHEMAS } from '../protocols/published-keys/openapi.ts'
import { kindOf } from '../protocols/registry.ts'
import type { Route } from '../protocols/route.ts'
import type { Services, SharedServices } from '../protocols/services.ts'
import type { WorkbenchOptions } from '../protocols/workbench/route.ts'
import type { Remote } from '../remote/remote.ts'
import { createTrustOrigin, readableFromEverywhere } from './cors.ts'

/** Makes the routes of one document: `/openapi.json`, and the page that shows it. */
export type CreateDocsRoutes = (document: object) => Route[]

export interface ListenerRoutesOptions {
  readonly config: Config
  readonly services: SharedServices
  readonly version: string
  /** Left out where no documents are configured. */
  readonly createDocsRoutes: CreateDocsRoutes | undefined
}

/** The state of the service for the workbench. */
type OwnState = Pick<WorkbenchOptions, 'readState' | 'drawConfig'>

/** Makes the routes of each listener, by its name. */
export async function createRoutes({
  readState,
  drawConfig,
  ...options
}: ListenerRoutesOptions & OwnState): Promise<ReadonlyMap<string, readonly Route[]>> {
  const { config, services } = options
  const made = new Map<string, readonly Route[]>()
  for (const name of openListeners(config).keys()) {
    made.set(name, await createListenerRoutes(name, options))
  }
  const bench = workbenchListener(config)
  if (bench !== undefined) {
    const workbench = await createWorkbench(made, { config, services, readState, drawConfig })
    made.set(bench, [...(made.get(bench) ?? []), ...workbench])
  }
  return made
}

/** @param listener its name */
async function createListenerRoutes(
  listener: string,
  options: ListenerRoutesOptions
): Promise<Route[]> {
  const { config, version, createDocsRoutes } = options
  const isTrustedOrigin = createTrustOrigin(config.listen[listener]?.cors)
  const services: Services = { ...options.services, isTrustedOrigin }
  const routes = await Promise.all(
    routesOn(listener, config).map(async (route) => {
      const { create } = await kindOf(route).load(route)
      return withRoom(services, (own) => create(route, own, config.routes))
    })
  )
  const docs = createDocsRoutes?.(await describeListener(listener, config, version))
  const all = [
    ...routes.flat(),
    ...(publishingListeners(config).has(listener) ? createPublishingRoutes(config, services) : []),
    ...createServerMetadata(listener, config),
    ...(operationsListener(config) === listener ? createOperationRoutes(services) : []),
    ...(docs ?? [])
  ]
  return all.map((route) =>
    route.isPublic === true ? readableFromEverywhere(route, isTrustedOrigin) : route
  )
}

/** Makes routes that know whether their remotes have room for one more call. */
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
  const { tagOfVerb, withTag } = await import('../protocols/openapi/tags.ts')
  const { routes, issuer } = config
  const described = await Promise.all(
    routesOn(listener, config).map(async (route) => {
      const kind = kindOf(route)
      const { describe, schemas } = await kind.load(route)
      return { paths: withTag(describe(route, routes), tagOfVerb(kind.verb)), schemas }
    })
  )
  const paths: Paths = Object.assign(
    {},
    ...described.map((one) => one.paths),
    publishingListeners(config).has(listener)
      ? withTag(describePublishing(config.issuer), 'Verify by yourself')
      : {},
    issuer !== undefined && findTokenRoute(routesOn(listener, config)) !== undefined
      ? withTag(describeMetadata(issuer), 'Verify by yourself')
      : {},
    operationsListener(config) === listener ? withTag(OPERATIONS, 'Operate') : {}
  )
  const schemas = Object.assign(
    { ...KEY_SCHEMAS, ...METADATA_SCHEMAS, ...OPERATION_SCHEMAS },
    ...described.map((one) => one.schemas)
  )
  const { responseHeaders, cors } = config.listen[listener] ?? {}
  return createDocument({ paths, schemas, routes, responseHeaders, cors, version })
}

/**
 * Makes the routes of the workbench, which explains tokens by the check routes of all listeners.
 * @param made the routes of each listener, by its name
 */
async function createWorkbench(
  made: ReadonlyMap<string, readonly Route[]>,
  { config, services, ...state }: Pick<ListenerRoutesOptions, 'config' | 'services'> & OwnState
): Promise<Route[]> {
  const { createWorkbenchRoutes } = await import('../protocols/workbench/route.ts')
  const { describeRequest } = await import('../protocols/workbench/curl.ts')
  const checks = config.routes.flatMap((route) => {
    if (!('check' in route)) return []
    const listener = listenerOf(route, config)
    const explain = made.get(listener)?.find(({ path }) => path === route.check)?.explain
    if (explain === undefined) throw new TypeError(`expected the route ${route.check}`)
    const { check: path, protocol } = route
    const { port = 0, tls } = config.listen[listener] ?? {}
    const scheme: 'http' | 'https' = tls === undefined ? 'http' : 'https'
    const place = { listener, isHere: listener === workbenchListener(config), scheme, port }
    return [{ path, place, protocol, curl: describeRequest(route), explain }]
  })
  const revokes = config.routes.flatMap((route) => {
    if (!('revoke' in route)) return []
    return (made.get(listenerOf(route, config)) ?? []).filter(({ path }) => path === route.revoke)
  })
  return createWorkbenchRoutes({ checks, revokes, services, ...state })
}

function routesOn(listener: string, config: Config): Config['routes'] {
  return config.routes.filter((route) => listenerOf(route, config) === listener)
}

function createPublishingRoutes({ issuer, keys }: Config, { keyStore, now }: Services): Route[] {
  const algorithms = keys.map(({ alg }) => alg).filter((alg) => !isSymmetric(alg))
  return [
    ...createJwkSetRoutes(issuer, keyStore, now),
    ...(issuer === undefined ? [] : createDiscoveryRoutes({ issuer, algorithms }))
  ]
}

function createServerMetadata(listener: string, config: Config): Route[] {
  const { issuer } = config
  if (issuer === undefined) return []
  const publishesKeys = publishingListeners(config).has(listener)
  return createMetadataRoutes({ issuer, routes: routesOn(listener, config), publishesKeys })
}
