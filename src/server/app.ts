/** Builds the applications out of a configuration. Everything that reaches outside comes in as an option. */
import type { RequestListener } from 'node:http'
import Router from '@koa/router'
import Koa from 'koa'
import { collectIssuerKeys } from '../check/verifiers/issuer-keys.ts'
import type { Config } from '../config/full-form.ts'
import type { ListenerConfig } from '../config/listen.ts'
import { openListeners } from '../config/listeners.ts'
import { verifiersOf } from '../config/verifiers.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Tracing } from '../operations/tracing.ts'
import { operationsListener } from '../protocols/listeners.ts'
import { createRemote, type Remote } from '../remote/remote.ts'
import { addRoutes, type ListenerRoutes } from '../routes/add-routes.ts'
import { createConnections } from '../routes/connections.ts'
import type { AddDocs } from '../routes/docs-routes.ts'
import { addOperationRoutes } from '../routes/operation-routes.ts'
import type { Services } from '../routes/services.ts'
import { withShortWay } from '../routes/short-way.ts'
import { traceServices } from '../routes/traced-services.ts'
import { createCertificateStep } from './client-certificate.ts'
import type { ConfiguredKeys } from './configured-keys.ts'
import type { ConfiguredRevocation } from './configured-revocation.ts'
import { errors } from './errors.ts'
import { createExactRoutes } from './exact-routes.ts'
import { createGates } from './gates.ts'
import { createInFlight, type InFlight } from './in-flight.ts'
import { requestGuard } from './request-guard.ts'
import { requestId } from './request-id.ts'
import { createRequestLog } from './request-log.ts'
import type { AppMiddleware, RequestState } from './request-state.ts'
import { withResponseHeaders } from './response-headers.ts'
import { createRequestTracing } from './trace-requests.ts'

export interface AppOptions {
  readonly config: Config
  /** Started; it ends with the application. */
  readonly keyStore: ConfiguredKeys
  /** Started; it ends with the application. Undefined where tokens cannot be revoked. */
  readonly revocation?: ConfiguredRevocation | undefined
  readonly logger: Logger
  readonly metrics: Metrics
  /** Nothing is traced when left out. */
  readonly tracing?: Tracing | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Whether the service takes new work. */
  readonly isReady: () => boolean
  readonly version: string
  /** Adds the document and the page of a listener's routes, where the configuration asks for them. */
  readonly addDocs?: AddDocs | undefined
}

export interface App {
  /** What answers on each listener, by its name. */
  readonly listeners: ReadonlyMap<string, RequestListener>
  /** Waits for the requests in flight, then lets go of keys and remotes. */
  readonly close: () => Promise<void>
}

/** Builds the application of each listener. Nothing listens yet, and no remote is connected. */
export function createApp(options: AppOptions): App {
  const { config, keyStore, revocation, logger, metrics, tracing, now } = options
  const inFlight = createInFlight()
  const remotes: Remote[] = []
  const userAgent = `txtoken/${options.version}`
  const connections = createConnections(metrics, userAgent)
  const services: Services = {
    ...connections,
    issuer: config.issuer,
    limits: config.limits,
    keyStore,
    issuerKeys: collectIssuerKeys(verifiersOf(config)),
    revocation,
    logger,
    metrics,
    now,
    connect(remoteOptions) {
      const { host } = new URL(remoteOptions.url)
      const remote = createRemote({
        ...remoteOptions,
        userAgent,
        onOutcome: (outcome, seconds) => metrics.remoteCallEnded(host, outcome, seconds)
      })
      remotes.push(remote)
      return remote
    }
  }

  const open = openListeners(config)
  const listeners = new Map<string, ListenerRoutes>(
    [...open.keys()].map((name) => [name, { router: createRouter(), gates: [], short: [] }])
  )
  addRoutes(
    listeners,
    config,
    tracing === undefined ? services : traceServices(services, tracing),
    options
  )
  for (const [listener, { router }] of listeners) {
    options.addDocs?.(router, { config, listener, version: options.version })
  }
  const operations = listeners.get(operationsListener(config))
  if (operations !== undefined) addOperationRoutes(operations.router, options)

  return {
    listeners: new Map(
      [...listeners].map(([name, routes]) => [
        name,
        createListener(routes, open.get(name), inFlight, options)
      ])
    ),
    async close() {
      await inFlight.drained()
      keyStore.close()
      await revocation?.close()
      connections.close()
      await Promise.all(remotes.map((remote) => remote.close()))
    }
  }
}

/** Paths are compared letter by letter: `/gettoken` and `/getToken/` are other routes than `/getToken`. */
function createRouter(): Router<RequestState> {
  return new Router({ sensitive: true, strict: true })
}

function createListener(
  { router, gates, short }: ListenerRoutes,
  settings: ListenerConfig | undefined,
  inFlight: InFlight,
  options: AppOptions
): RequestListener {
  const { config, logger, metrics, tracing, now, isReady } = options
  const { requests: logRequests } = config.log
  const authorities = settings?.tls?.clientCa
  const app = new Koa<RequestState>()
  app.on('error', (error: Error) =>
    logger.error({ name: error.name, error: error.message }, 'response failed')
  )
  app.use(requestId)
  if (authorities !== undefined) app.use(createCertificateStep({ authorities, now }))
  if (tracing !== undefined) app.use(createRequestTracing(tracing))
  app.use(createRequestLog({ logger, metrics, logRequests }))
  app.use(createConnectionCloser(isReady))
  app.use(inFlight.count)
  app.use(errors)
  if (gates.length > 0) app.use(createGates(gates))
  app.use(requestGuard)
  app.use(createExactRoutes(router))
  app.use(router.routes())
  app.use(router.allowedMethods())
  // The short way knows nothing of spans.
  const shortRoutes = tracing === undefined ? short : []
  return withResponseHeaders(
    withShortWay(app.callback(), shortRoutes, { logger, metrics, logRequests, isReady }),
    settings?.responseHeaders
  )
}

/** Once the service stops, no connection stays open for another request: not those of requests under way either. */
function createConnectionCloser(isReady: () => boolean): AppMiddleware {
  return async function closeConnection(context, next) {
    await next()
    if (!isReady()) context.set('Connection', 'close')
  }
}
