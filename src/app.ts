/** Builds the applications out of a configuration. Everything that reaches outside comes in as an option. */
import Router from '@koa/router'
import Koa from 'koa'
import type { Config } from './config/schema.ts'
import { createHmacKey } from './keys/hmac-key.ts'
import { createFixedKeySource } from './keys/key-source.ts'
import { createKeyStore } from './keys/key-store.ts'
import { errors } from './middleware/errors.ts'
import { requestGuard } from './middleware/request-guard.ts'
import { requestId } from './middleware/request-id.ts'
import { createRequestLog } from './middleware/request-log.ts'
import type { AppMiddleware, RequestState } from './middleware/request-state.ts'
import type { Logger } from './operations/logger.ts'
import type { Metrics } from './operations/metrics.ts'
import { addOperationRoutes } from './operations/operation-routes.ts'
import { createRemote, type Remote } from './remote/remote.ts'
import { createCheckRoute } from './routes/check-route.ts'
import { createIssueRoute } from './routes/issue-route.ts'
import type { Services } from './routes/services.ts'

export interface AppOptions {
  readonly config: Config
  readonly logger: Logger
  readonly metrics: Metrics
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Whether the service takes new work. */
  readonly isReady: () => boolean
  readonly version: string
}

export interface App {
  /** Answers on the main listener. */
  readonly main: Koa<RequestState>
  /** Answers on the listener of those who operate the service, where the configuration has one. */
  readonly admin: Koa<RequestState> | undefined
  /** Ends the connections to the remotes. */
  readonly close: () => Promise<void>
}

export function createApp(options: AppOptions): App {
  const { config, logger, metrics, now } = options
  const remotes: Remote[] = []
  const services: Services = {
    limits: config.limits,
    keyStore: createKeyStore(
      config.keys.map((key) => createFixedKeySource(createHmacKey(key))),
      now
    ),
    logger,
    metrics,
    now,
    connect(remoteOptions) {
      const { host } = new URL(remoteOptions.url)
      const remote = createRemote({
        ...remoteOptions,
        userAgent: `txtoken/${options.version}`,
        onOutcome: (outcome, seconds) => metrics.remoteCallEnded(host, outcome, seconds)
      })
      remotes.push(remote)
      return remote
    }
  }

  const mainRouter = createRouter()
  for (const route of config.routes) {
    if ('issue' in route) mainRouter.post(route.issue, ...createIssueRoute(route, services))
    else {
      const check = createCheckRoute(route, services)
      mainRouter.get(route.check, ...check)
      mainRouter.post(route.check, ...check)
    }
  }
  const adminRouter = config.listen.admin === undefined ? undefined : createRouter()
  addOperationRoutes(adminRouter ?? mainRouter, options)

  return {
    main: createListenerApp(mainRouter, options),
    admin: adminRouter && createListenerApp(adminRouter, options),
    async close() {
      await Promise.all(remotes.map((remote) => remote.close()))
    }
  }
}

/** Paths are compared letter by letter: `/gettoken` and `/getToken/` are other routes than `/getToken`. */
function createRouter(): Router<RequestState> {
  return new Router({ sensitive: true, strict: true })
}

function createListenerApp(router: Router<RequestState>, options: AppOptions): Koa<RequestState> {
  const { config, logger, metrics, isReady } = options
  const app = new Koa<RequestState>()
  app.on('error', (error: Error) =>
    logger.error({ name: error.name, error: error.message }, 'response failed')
  )
  app.use(requestId)
  app.use(createRequestLog({ logger, metrics, logRequests: config.log.requests }))
  app.use(createConnectionCloser(isReady))
  app.use(errors)
  app.use(requestGuard)
  app.use(router.routes())
  app.use(router.allowedMethods())
  return app
}

/** Once the service stops, no connection stays open for another request. */
function createConnectionCloser(isReady: () => boolean): AppMiddleware {
  return function closeConnection(context, next) {
    if (!isReady()) context.set('Connection', 'close')
    return next()
  }
}
