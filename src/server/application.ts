/** Builds the application out of a configuration. Everything that reaches outside comes in as an option. */
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
import type { Services } from '../protocols/services.ts'
import type { ByteBudget } from '../remote/byte-budget.ts'
import { variablesIn } from '../settings/route-paths.ts'
import { type AnswerRoute, createAnswerRoute, createInFlight, type HostParts } from './answer.ts'
import { createBodyBudget } from './body-budget.ts'
import type { ConfiguredKeys } from './configured-keys.ts'
import { verifiersOf } from './configured-keys.ts'
import type { ConfiguredRevocation } from './configured-revocation.ts'
import { createConnections } from './connections.ts'
import { createLazyHost } from './lazy-host.ts'
import { type CreateDocsRoutes, createListenerRoutes } from './listener-routes.ts'
import { createFindRoute, createNodeHost } from './node-host.ts'
import { traceServices } from './tracing.ts'

export interface ApplicationOptions {
  readonly config: Config
  /** Started; it is closed with the application. */
  readonly keyStore: ConfiguredKeys
  /** Started; it is closed with the application. Undefined where tokens cannot be revoked. */
  readonly revocation?: ConfiguredRevocation | undefined
  readonly logger: Logger
  /** Logs requests that went well. Default: by the logger. */
  readonly logRequest?: LogRequest | undefined
  readonly metrics: Metrics
  /** Nothing is traced when left out. */
  readonly tracing?: Tracing | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Whether the service takes new work. */
  readonly isReady: () => boolean
  /** Whether it still waits for others before it reports that it is ready. Default: it does not. */
  readonly isStarting?: (() => boolean) | undefined
  readonly version: string
  /** What bodies and replies may hold in memory, also those of previous configurations. Default: one for this application alone. */
  readonly budget?: ByteBudget | undefined
  /** Decides about requests while the process has more to do than it can. Default: all are admitted. */
  readonly overload?: HostParts['overload'] | undefined
  /** Makes the routes of the OpenAPI documents, where the configuration asks for them. */
  readonly createDocsRoutes?: CreateDocsRoutes | undefined
  /** Makes what answers the routes of a listener. Default: {@link createHosts}. */
  readonly createHosts?: CreateHosts | undefined
}

/** Makes what answers the routes of a listener. */
export type CreateHosts = (routes: readonly Route[], parts: HostParts) => RequestListener

export interface Application {
  /** What answers on each listener, by its name. */
  readonly listeners: ReadonlyMap<string, RequestListener>
  /** Waits for the requests in flight, then closes keys, revocation and connections. */
  readonly close: () => Promise<void>
}

/** Builds what answers on each listener. Nothing listens yet, and no remote is connected. */
export async function createApplication(options: ApplicationOptions): Promise<Application> {
  const { config, keyStore, revocation, logger, metrics, tracing, now, isReady, version } = options
  const { budget = createBodyBudget(config, options) } = options
  const { logRequest = (level, line) => logger[level](line, 'request') } = options
  const inFlight = createInFlight()
  const connections = createConnections(metrics, { userAgent: `txtoken/${version}`, budget })
  const untraced: Services = {
    ...connections,
    issuer: config.issuer,
    limits: config.limits,
    keyStore,
    issuerKeys: collectIssuerKeys(verifiersOf(config)),
    revocation,
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
    tracing,
    isReady,
    inFlight,
    budget
  })
  const { createDocsRoutes } = options
  const listeners = new Map<string, RequestListener>()
  for (const [name, settings] of openListeners(config)) {
    const routes = await createListenerRoutes(name, { config, services, version, createDocsRoutes })
    listeners.set(name, await createListener(routes, settings, { ...options, answerRoute, budget }))
  }

  return {
    listeners,
    async close() {
      await inFlight.drained()
      keyStore.close()
      await revocation?.close()
      await connections.close()
    }
  }
}

const ADMIT_ALL: HostParts['overload'] = { admit: () => true, reject: () => {} }

interface ListenerOptions
  extends Pick<ApplicationOptions, 'logger' | 'now' | 'createHosts' | 'overload'> {
  readonly answerRoute: AnswerRoute
  readonly budget: ByteBudget
}

async function createListener(
  routes: readonly Route[],
  { tls, responseHeaders }: ListenerConfig,
  options: ListenerOptions
): Promise<RequestListener> {
  const { overload = ADMIT_ALL } = options
  const { answerRoute, budget, logger, now, createHosts: create = createHosts } = options
  const authorities = tls?.clientCa
  const listener = create(routes, {
    answerRoute,
    budget,
    overload,
    readCertificate:
      authorities === undefined ? undefined : await loadCertificateReader({ authorities, now }),
    onError: ({ name, message }) => logger.error({ name, error: message }, 'response failed')
  })
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
 * route on Koa, so it is loaded ahead only where there is one, and else by the first request that is for no route: it takes 20 ms and 5 MB.
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
