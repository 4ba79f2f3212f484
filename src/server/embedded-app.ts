/** The service embedded in another program, which listens itself. */
import type { RequestListener } from 'node:http'
import type { FlatConfigInput } from '../config/flat-form.ts'
import type { FullConfigInput } from '../config/full-form.ts'
import { openListeners } from '../config/listeners.ts'
import { loadConfig, readConfig } from '../config/load.ts'
import { createLogger, type Logger } from '../operations/logger.ts'
import { createMetrics } from '../operations/metrics.ts'
import { createTracing } from '../operations/tracing.ts'
import { readProxies } from '../remote/proxy/proxies.ts'
import { VERSION } from '../version.ts'
import type { ApplicationOptions } from './application.ts'
import { createService } from './service.ts'

/** A configuration as data, in either form: `docs/configuration.md` has every setting. */
export type ConfigInput =
  | FlatConfigInput
  | (Omit<FullConfigInput, 'listen'> & {
      // A type cannot express that `main` and `admin` have a default port and all others require one.
      readonly listen?: { readonly [name: string]: Partial<ListenerInput> } | undefined
    })

type ListenerInput = NonNullable<FullConfigInput['listen']>[string]

/** Exactly one of `configFile` and `config`. */
export interface EmbeddedAppOptions {
  /** Path of a configuration file. */
  readonly configFile?: string | undefined
  /** The configuration itself: as YAML text, or as data. Relative paths in it start in the working folder. */
  readonly config?: string | ConfigInput | undefined
  /** The values of `${NAME}` and `{ env: NAME }` in the configuration. Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** A pino logger; `log.level` of the configuration sets its level. Default: JSON lines on standard output, whatever `log.pretty` is. */
  readonly logger?: Logger | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined
}

export interface EmbeddedApp {
  /**
   * Answers the requests of a listener, as `http.createServer` takes it. The settings `listen` and `timeouts` of addresses and
   * of slow clients are left to the embedding program.
   * @param listener name of a listener in the configuration. Default `main`
   * @throws TypeError where the configuration has nothing on such a listener
   */
  readonly callback: (listener?: string) => RequestListener
  /** Reloads the configuration and swaps it in as a whole; if it has problems, the old one stays and the log shows why. */
  readonly reload: () => Promise<void>
  /** Waits for the requests in flight, then closes keys and connections. */
  readonly close: () => Promise<void>
}

/**
 * Starts the service: loads the configuration, and reads, fetches or generates its keys. Traces are sent where the `OTEL_*` variables
 * of the process ask for it; calls go through the proxies of its `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
 * @throws ConfigError with every problem of the configuration; KeyError where a key is not available
 */
export async function createApp(options: EmbeddedAppOptions): Promise<EmbeddedApp> {
  const load = createLoad(options)
  const { logger, logRequest, end } = openLog(options.logger)
  let isReady = true
  const tracing = await createTracing({ env: process.env, logger, version: VERSION }).catch(fail)
  const proxyFor = readProxies(process.env)
  const service = await createService({
    load,
    logger,
    logRequest,
    metrics: createMetrics(),
    tracing,
    now: options.now ?? Date.now,
    isReady: () => isReady,
    version: VERSION,
    proxyFor
  }).catch(fail)

  async function fail(error: unknown): Promise<never> {
    await end()
    throw error
  }

  return {
    callback(listener = 'main') {
      const names = [...openListeners(service.loaded().config).keys()]
      if (!names.includes(listener)) {
        throw new TypeError(`no listener ${JSON.stringify(listener)}, expected ${names.join(', ')}`)
      }
      return service.listener(listener)
    },
    reload: service.reload,
    async close() {
      isReady = false
      await service.close()
      await tracing?.close()
      await end()
    }
  }
}

function createLoad({ configFile, config, env = process.env }: EmbeddedAppOptions) {
  if ((configFile === undefined) === (config === undefined)) {
    throw new TypeError('expected exactly one of configFile and config')
  }
  if (configFile !== undefined) return () => loadConfig({ file: configFile, env })
  return () => readConfig(config ?? {}, { env })
}

interface OpenLog extends Pick<ApplicationOptions, 'logger' | 'logRequest'> {
  readonly end: () => Promise<void>
}

/** The configuration sets the level, and must not change the level of a logger that others use. */
function openLog(shared: Logger | undefined): OpenLog {
  if (shared !== undefined) return { logger: shared.child({}), end: async () => {} }
  const { logger, logRequest, settle, flush } = createLogger('info')
  process.prependOnceListener('exit', flush)
  return {
    logger,
    logRequest,
    async end() {
      await settle()
      process.off('exit', flush)
      flush()
    }
  }
}
