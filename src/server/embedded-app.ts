/** The service inside of another program, which does the listening. */
import type { RequestListener } from 'node:http'
import { openListeners } from '../config/listeners.ts'
import { loadConfig, readConfig } from '../config/load.ts'
import { createLogger, type Logger } from '../operations/logger.ts'
import { createMetrics } from '../operations/metrics.ts'
import { createTracing } from '../operations/tracing.ts'
import { VERSION } from '../version.ts'
import type { ApplicationOptions } from './application.ts'
import { createService } from './service.ts'

/** Exactly one of `configFile` and `config`. */
export interface EmbeddedAppOptions {
  /** Path of a configuration file. */
  readonly configFile?: string | undefined
  /** The configuration itself: as YAML text, or as the data that YAML would give. Relative paths in it start in the working folder. */
  readonly config?: string | object | undefined
  /** The values of `${NAME}` and `{ env: NAME }` in the configuration. Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** A pino logger; `log.level` of the configuration decides what it gets. Default: JSON lines on standard output. */
  readonly logger?: Logger | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined
}

export interface EmbeddedApp {
  /**
   * Answers the requests of a listener, as `http.createServer` takes it. The settings `listen` and `timeouts` of addresses and
   * of slow clients are for the program around it to apply.
   * @param listener name of a listener in the configuration. Default `main`
   * @throws TypeError where the configuration has nothing on such a listener
   */
  readonly callback: (listener?: string) => RequestListener
  /** Loads the configuration anew and swaps it in whole; where it has problems, the old one stays and the log shows why. */
  readonly reload: () => Promise<void>
  /** Waits for the requests in flight, then lets go of keys and connections. */
  readonly close: () => Promise<void>
}

/**
 * Starts the service: loads the configuration, and reads, fetches or generates its keys. Traces are sent where the `OTEL_*` variables
 * of the process ask for it.
 * @throws ConfigError with every problem of the configuration; KeyError where a key is not available
 */
export async function createApp(options: EmbeddedAppOptions): Promise<EmbeddedApp> {
  const load = createLoad(options)
  const { logger, logRequest, end } = openLog(options.logger)
  let isReady = true
  const tracing = await createTracing({ env: process.env, logger, version: VERSION }).catch(fail)
  const service = await createService({
    load,
    logger,
    logRequest,
    metrics: createMetrics(),
    tracing,
    now: options.now ?? Date.now,
    isReady: () => isReady,
    version: VERSION
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

/** The level is set by the configuration, which must not change that of a logger that others use. */
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
