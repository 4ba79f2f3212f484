/** Builds the application from a configuration. All outside dependencies come in as options. */
import type { RequestListener } from 'node:http'
import { collectIssuerKeys } from '../check/verifiers/issuer-keys.ts'
import type { Config } from '../config/full-form.ts'
import type { ListenerConfig } from '../config/listen.ts'
import { openListeners } from '../config/listeners.ts'
import type {
  ClientCertificateOptions,
  ReadClientCertificate
} from '../issue/sources/certificate/client-certificate.ts'
import type { Logger, LogRequest } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Tracing } from '../operations/tracing.ts'
import type { Route } from '../protocols/route.ts'
import type { SharedServices } from '../protocols/services.ts'
import type { ByteBudget } from '../remote/byte-budget.ts'
import { type ProxyFor, readProxies } from '../remote/proxy/proxies.ts'
import { variablesIn } from '../settings/route-paths.ts'
import {
  type AnswerRoute,
  createAnswerRoute,
  createInFlight,
  type HostParts,
  type InFlight
} from './answer.ts'
import { createBodyBudget } from './body-budget.ts'
import { type Breakers, createBreakers } from './breakers.ts'
import { createReadClient } from './client-address.ts'
import { createOwnCounts, type OwnCounts } from './configured-counts.ts'
import type { ConfiguredKeys } from './configured-keys.ts'
import { describeJwkSets, verifiersOf } from './configured-keys.ts'
import type { ConfiguredRevocation } from './configured-revocation.ts'
import { createConnections } from './connections.ts'
import { withCors, withOpenPreflights } from './cors.ts'
import { createLazyHost } from './lazy-host.ts'
import { type CreateDocsRoutes, createRoutes } from './listener-routes.ts'
import { createFindRoute, createNodeHost } from './node-host.ts'
import { createDescribeRejected } from './rejected-token.ts'
import { traceServices } from './tracing.ts'

export interface ApplicationOptions {
  readonly config: Config
  /** The full form as written, which the workbench draws. Default: an empty one. */
  readonly written?: unknown
  /** Started; it is closed with the application. */
  readonly keyStore: ConfiguredKeys
  /** Started; it is closed with the application. Undefined where tokens cannot be revoked. */
  readonly revocation?: ConfiguredRevocation | undefined
  readonly logger: Logger
  /** Logs successful requests. Default: by the logger. */
  readonly logRequest?: LogRequest | undefined
  readonly metrics: Metrics
  /** Default: no tracing. */
  readonly tracing?: Tracing | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Whether the service takes new work. */
  readonly isReady: () => boolean
  /** Whether it still waits for others before it reports that it is ready. Default: it does not. */
  readonly isStarting?: (() => boolean) | undefined
  /** Whether further connections are accepted. Once they are not, every answer closes its own. Default: as long as it is ready. */
  readonly takesConnections?: (() => boolean) | undefined
  readonly version: string
  /** The proxy of calls. Default: by its setting. */
  readonly proxyFor?: ProxyFor | undefined
  /** What bodies and replies may hold in memory, also those of previous configurations. Default: one for this application alone. */
  readonly budget?: ByteBudget | undefined
  /** Counts of attempts without a Redis, which outlive a configuration. Default: counts of this application alone. */
  readonly ownCounts?: OwnCounts | undefined
  /** The breakers of remotes, which outlive a configuration. Default: breakers of this application alone. */
  readonly breakers?: Breakers | undefined
  /** Admits requests under overload. Default: all start at once. */
  readonly overload?: HostParts['overload'] | undefined
  /** Makes the routes of the OpenAPI documents, if configured. */
  readonly createDocsRoutes?: CreateDocsRoutes | undefined
  /** Makes the host of the routes of a listener. Default: {@link createHosts}. */
  readonly createHosts?: CreateHosts | undefined
}

/** Makes the host of the routes of a listener. */
export type CreateHosts = (routes: readonly Route[], parts: HostParts) => RequestListener

export interface Application {
  /** The request handler of each listener, by its name. */
  readonly listeners: ReadonlyMap<string, RequestListener>
  /** Waits for the requests in flight, then closes keys, revocation and connections. */
  readonly close: () => Promise<void>
}

/** Builds the request handlers of the listeners. Nothing listens yet, and no remote is connected. */
export async function createApplication(options: ApplicationOptions): Promise<Application> {
  const { config, keyStore, revocation, logger, metrics, tracing, now, isReady, version } = options
  const { budget = createBodyBudget(config, options) } = options
  const { logRequest = (level, line) => logger[level](line, 'request') } = options
  const inFlight = createInFlight()
  const ownCounts = options.ownCounts ?? createOwnCounts(options)
  const counts = !config.routes.some((route) => 'attempts' in route && route.attempts)
    ? undefined
    : config.revocation?.store.kind === 'redis'
      ? revocation?.counts
      : await ownCounts.open()
  const connections = createConnections(metrics, {
    userAgent: `txtoken/${version}`,
    budget,
    breakers: options.breakers ?? createBreakers(options),
    now,
    proxyFor: options.proxyFor ?? readProxies({}),
    logger
  })
  const untraced: SharedServices = {
    ...connections,
    issuer: config.issuer,
    limits: config.limits,
    keyStore,
    issuerKeys: collectIssuerKeys(verifiersOf(config)),
    revocation,
    counts,
    logger,
    metrics,
    now,
    isReady,
    isStarting: options.isStarting
  }
  const services = tracing === undefined ? untraced : traceServices(untraced, tracing)
  const answerRoute = createAnswerRoute({
    logger,
    logRequest,
    metrics,
    logRequests: config.log.requests,
    logClientAddress: config.log.clientAddress,
    describeRejected: createDescribeRejected({ subjects: config.log.subjects, now }),
    tracing,
    takesConnections: options.takesConnections ?? isReady,
    inFlight,
    budget
  })
  const overload = countWaiting(options.overload ?? START_ALL, inFlight)
  const routes = await createRoutes({
    config,
    services,
    version,
    createDocsRoutes: options.createDocsRoutes,
    drawConfig: async () =>
      (await import('../config/drawing.ts')).drawConfig({ config, written: options.written ?? {} }),
    readState: () => ({
      keys: keyStore.states(),
      jwkSets: describeJwkSets(keyStore),
      remotes: connections.outcomes(),
      revocation: revocation && {
        store: config.revocation?.store.kind ?? '',
        ...revocation.state()
      }
    })
  })
  const listeners = new Map<string, RequestListener>()
  for (const [name, settings] of openListeners(config)) {
    const parts = { ...options, answerRoute, budget, overload }
    listeners.set(name, await createListener(routes.get(name) ?? [], settings, parts))
  }

  return {
    listeners,
    async close() {
      await inFlight.drained()
      keyStore.close()
      await revocation?.close()
      await connections.close()
      if (options.ownCounts === undefined) await ownCounts.close()
    }
  }
}

const START_ALL: HostParts['overload'] = { enter: ({ work }) => work() }

/** Counts requests that wait for their turn as in flight: the application is closed after the last of them. */
function countWaiting(overload: HostParts['overload'], inFlight: InFlight): HostParts['overload'] {
  return {
    enter(costly) {
      inFlight.enter()
      overload.enter({
        ...costly,
        work() {
          costly.work()
          inFlight.leave()
        },
        dropped() {
          costly.dropped()
          inFlight.leave()
        }
      })
    }
  }
}

interface ListenerOptions extends Pick<ApplicationOptions, 'logger' | 'now' | 'createHosts'> {
  readonly answerRoute: AnswerRoute
  readonly overload: HostParts['overload']
  readonly budget: ByteBudget
}

async function createListener(
  routes: readonly Route[],
  { tls, responseHeaders, trustedProxies, cors }: ListenerConfig,
  options: ListenerOptions
): Promise<RequestListener> {
  const { answerRoute, budget, overload, logger, now } = options
  const { createHosts: create = createHosts } = options
  const authorities = tls?.clientCa
  const parts = {
    answerRoute,
    budget,
    overload,
    readCertificate:
      authorities === undefined ? undefined : await loadCertificateReader({ authorities, now }),
    readClient: createReadClient(trustedProxies),
    onError: ({ name, message }: Error) => logger.error({ name, error: message }, 'response failed')
  }
  const hosts = withOpenPreflights(create(routes, parts), { cors, routes, parts })
  const listener = cors === undefined ? hosts : withCors(hosts, { cors, routes, parts })
  return responseHeaders === undefined ? listener : withHeaders(listener, responseHeaders)
}

/** The parser of certificates takes 15 ms and 4 MB, so only a service that asks for certificates loads it. */
async function loadCertificateReader(
  options: ClientCertificateOptions
): Promise<ReadClientCertificate> {
  const { createClientCertificateReader } = await import(
    '../issue/sources/certificate/client-certificate.ts'
  )
  return createClientCertificateReader(options)
}

/**
 * Answers routes of plain paths, and gates, on node:http, and everything else on Koa. Each route has one host. Most services have no
 * route on Koa, so it is loaded ahead only where there is one, and else by the first request without a route: it takes 20 ms and 5 MB.
 */
export const createHosts: CreateHosts = function createHosts(routes, parts) {
  const fallback = createLazyHost(
    async () => (await import('./koa-host.ts')).createKoaHost(routes, parts),
    { ...parts, isNeeded: routes.some(({ path }) => variablesIn(path).length > 0) }
  )
  return createNodeHost(createFindRoute(routes), { ...parts, fallback })
}

/** Sets header fields ahead of both hosts, so that no answer is without them. */
function withHeaders(
  listener: RequestListener,
  fields: Readonly<Record<string, string>>
): RequestListener {
  const entries = Object.entries(fields)

  return function answerWithHeaders(request, response) {
    for (const [name, value] of entries) response.setHeader(name, value)
    listener(request, response)
  }
}
