/** The service as a whole: what a configuration file says it is, now and after each change of the file. */
import type { RequestListener } from 'node:http'
import { openListeners } from '../config/listeners.ts'
import type { LoadedConfig } from '../config/load.ts'
import { createShareSource, type ShareSource } from '../keys/remote/share-source.ts'
import { createShareRevocations, type ShareRevocations } from '../revocation/share-revocations.ts'
import { type App, type AppOptions, createApp } from './app.ts'
import { createConfiguredKeys } from './configured-keys.ts'
import { startConfiguredRevocation } from './configured-revocation.ts'

/** What outlives a configuration is handed to the application of each. */
export interface ServiceOptions
  extends Pick<AppOptions, 'logger' | 'metrics' | 'tracing' | 'now' | 'isReady' | 'version'> {
  /** Loads the configuration anew. Throws a ConfigError where there is none to run with. */
  readonly load: () => LoadedConfig
}

export interface Service {
  /** What it runs with now. */
  readonly loaded: () => LoadedConfig
  /** What answers on a listener, by its name: always what the newest configuration says. */
  readonly listener: (name: string) => RequestListener
  /** Swaps in a new configuration whole, or keeps the old one and says why. Requests in flight end with what they began with. */
  readonly reload: () => Promise<void>
  readonly close: () => Promise<void>
}

/** A configuration, and the application that was built out of it. */
interface Generation {
  readonly loaded: LoadedConfig
  readonly app: App
}

/** @throws ConfigError or KeyError when it cannot start */
export async function createService(options: ServiceOptions): Promise<Service> {
  const { load, logger, metrics } = options
  const parts = {
    ...options,
    shareSource: createShareSource(),
    shareRevocations: createShareRevocations()
  }
  let current = await build(load(), parts)
  let reloading = Promise.resolve()
  logger.level = current.loaded.config.log.level

  async function swap(): Promise<void> {
    const previous = current
    try {
      current = await build(load(), parts)
    } catch (error) {
      metrics.configReloaded('failed')
      logger.error(
        { error: (error as Error).message },
        'configuration not reloaded, the old one stays'
      )
      return
    }
    metrics.configReloaded('ok')
    logger.level = current.loaded.config.log.level
    logger.info('configuration reloaded')
    if (needsRestart(previous.loaded, current.loaded)) {
      logger.warn('listen and timeouts have changed, which takes a restart')
    }
    void previous.app.close()
  }

  return {
    loaded: () => current.loaded,
    listener: (name) => (request, response) =>
      (current.app.listeners.get(name) ?? refuseWithoutRoutes)(request, response),
    reload() {
      // One after the other, so that the last one asked for is the last one swapped in.
      reloading = reloading.then(swap)
      return reloading
    },
    close: () => current.app.close()
  }
}

async function build(
  loaded: LoadedConfig,
  parts: ServiceOptions & { shareSource: ShareSource; shareRevocations: ShareRevocations }
): Promise<Generation> {
  const keyStore = createConfiguredKeys(loaded, parts)
  await keyStore.start()
  const revocation = await startConfiguredRevocation(loaded.config, {
    ...parts,
    origin: loaded.origin
  }).catch((error) => {
    keyStore.close()
    throw error
  })
  const { config } = loaded
  const { createDocsRoutes } = config.docs ? await import('../protocols/docs/route.ts') : {}
  const app = await createApp({ ...parts, config, keyStore, revocation, createDocsRoutes })
  return { loaded, app }
}

/** For a listener that the newest configuration has nothing on, and that is open until the next restart. */
const refuseWithoutRoutes: RequestListener = function refuseWithoutRoutes(_request, response) {
  response.writeHead(503, { Connection: 'close' }).end()
}

/** Certificates are taken over while the service runs; what is asked of clients is not. */
function needsRestart(before: LoadedConfig, after: LoadedConfig): boolean {
  const fixed = ({ config }: LoadedConfig) => {
    const listeners = [...openListeners(config)].map(([name, { host, port, tls }]) => [
      name,
      host,
      port,
      tls?.clientCertificate
    ])
    return JSON.stringify([listeners, config.timeouts])
  }
  return fixed(before) !== fixed(after)
}
