/** The service as a whole, as its configuration describes it: now, and after each change of the configuration. */
import type { RequestListener } from 'node:http'
import type { LoadedConfig } from '../config/load.ts'
import { createShareSource, type ShareSource } from '../keys/remote/share-source.ts'
import type { ByteBudget } from '../remote/byte-budget.ts'
import { createShareRevocations, type ShareRevocations } from '../revocation/share-revocations.ts'
import type { CreateStore } from '../revocation/stores/stores.ts'
import { type Application, type ApplicationOptions, createApplication } from './application.ts'
import { bodiesLimit, createBodyBudget } from './body-budget.ts'
import { createConfiguredKeys } from './configured-keys.ts'
import { type ConfiguredRevocation, startConfiguredRevocation } from './configured-revocation.ts'
import { createOverload, type Overload } from './overload.ts'
import { warnOfRestart } from './restart.ts'

/** What outlives a configuration is passed to the application of each. */
export interface ServiceOptions
  extends Pick<
    ApplicationOptions,
    'logger' | 'logRequest' | 'metrics' | 'tracing' | 'now' | 'isReady' | 'isStarting' | 'version'
  > {
  /** Loads the configuration anew. Throws a ConfigError where there is none to run with. */
  readonly load: () => LoadedConfig
  /** What it starts with. Default: what `load` gives. */
  readonly loaded?: LoadedConfig | undefined
  /** Makes the store of revocations. Default: one of this process. */
  readonly createStore?: CreateStore | undefined
}

/** A configuration that is ready to take over from the one before. Exactly one of the two is called, once. */
export interface PreparedConfig {
  /** Swaps it in whole. Requests in flight end with the configuration that they began with. */
  readonly commit: () => void
  /** Closes it; the one before stays. */
  readonly discard: () => Promise<void>
}

export interface Service {
  /** What it runs with now. */
  readonly loaded: () => LoadedConfig
  /** What answers on a listener, by its name: always by the newest configuration. */
  readonly listener: (name: string) => RequestListener
  /**
   * Builds a configuration beside the current one.
   * @throws ConfigError or KeyError when it could not run
   */
  readonly prepare: (loaded: LoadedConfig) => Promise<PreparedConfig>
  /** Prepares a new configuration and commits it, or keeps the old one and logs why. */
  readonly reload: () => Promise<void>
  /** Waits for a reload that is under way and for the requests in flight, then closes everything. No reload starts after it. */
  readonly close: () => Promise<void>
}

/** A configuration, and the application that was built out of it. */
interface Generation {
  readonly loaded: LoadedConfig
  readonly app: Application
}

/** @throws ConfigError or KeyError when it cannot start */
export async function createService(options: ServiceOptions): Promise<Service> {
  const { load, logger, metrics } = options
  const first = options.loaded ?? load()
  const budget = createBodyBudget(first.config, options)
  const overload = createOverload(first.config, options)
  const parts = {
    ...options,
    budget,
    overload,
    shareSource: createShareSource(),
    shareRevocations: createShareRevocations()
  }
  let current = await build(first, parts).catch((error: unknown) => {
    overload.close()
    throw error
  })
  let reloading = Promise.resolve()
  let isClosing = false
  /** Previous generations, whose requests in flight are still to be answered. */
  const retiring = new Set<Promise<void>>()
  logger.level = current.loaded.config.log.level

  function retire({ app }: Generation): void {
    const retired = app
      .close()
      .catch((error: Error) =>
        logger.error({ error: error.message }, 'previous configuration not closed')
      )
      .finally(() => retiring.delete(retired))
    retiring.add(retired)
  }

  async function prepare(loaded: LoadedConfig): Promise<PreparedConfig> {
    const next = await build(loaded, parts)
    return {
      commit() {
        const previous = current
        current = next
        logger.level = loaded.config.log.level
        budget.setLimit(bodiesLimit(loaded.config))
        overload.configure(loaded.config)
        retire(previous)
      },
      discard: next.app.close
    }
  }

  async function swap(): Promise<void> {
    if (isClosing) return
    const previous = current
    try {
      const { commit } = await prepare(load())
      commit()
    } catch (error) {
      metrics.configReloaded('failed')
      logger.error(
        { error: (error as Error).message },
        'configuration not reloaded, the old one stays'
      )
      return
    }
    metrics.configReloaded('ok')
    logger.info('configuration reloaded')
    warnOfRestart(logger, previous.loaded, current.loaded)
  }

  return {
    loaded: () => current.loaded,
    listener: (name) => (request, response) =>
      (current.app.listeners.get(name) ?? refuseWithoutRoutes)(request, response),
    prepare,
    reload() {
      // One after the other, so that the last one asked for is the last one swapped in.
      reloading = reloading.then(swap)
      return reloading
    },
    async close() {
      isClosing = true
      overload.close()
      await reloading
      await Promise.all([current.app.close(), ...retiring])
    }
  }
}

async function build(
  loaded: LoadedConfig,
  parts: ServiceOptions & {
    budget: ByteBudget
    overload: Overload
    shareSource: ShareSource
    shareRevocations: ShareRevocations
  }
): Promise<Generation> {
  const { config, origin } = loaded
  const keyStore = createConfiguredKeys(loaded, parts)
  await keyStore.start()
  let revocation: ConfiguredRevocation | undefined
  try {
    revocation = await startConfiguredRevocation(config, { ...parts, origin })
    const { createDocsRoutes } = config.docs ? await import('../protocols/docs/route.ts') : {}
    const app = await createApplication({
      ...parts,
      config,
      keyStore,
      revocation,
      createDocsRoutes
    })
    return { loaded, app }
  } catch (error) {
    keyStore.close()
    // The reason why it does not start matters more than a store that cannot be closed.
    await revocation?.close().catch(() => undefined)
    throw error
  }
}

/** For a listener that the newest configuration has nothing on, and that is open until the next restart. */
const refuseWithoutRoutes: RequestListener = function refuseWithoutRoutes(_request, response) {
  response.writeHead(503, { Connection: 'close' }).end()
}
