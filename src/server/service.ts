/** The service as a whole: its current configuration, and reloads. */
import type { RequestListener } from 'node:http'
import type { LoadedConfig } from '../config/load.ts'
import { createShareSource, type ShareSource } from '../keys/remote/share-source.ts'
import type { ByteBudget } from '../remote/byte-budget.ts'
import { createShareRevocations, type ShareRevocations } from '../revocation/share-revocations.ts'
import type { CreateStore } from '../revocation/stores/stores.ts'
import { formatPath } from '../settings/problem.ts'
import { type Application, type ApplicationOptions, createApplication } from './application.ts'
import { bodiesLimit, createBodyBudget } from './body-budget.ts'
import { type Breakers, createBreakers } from './breakers.ts'
import { createOwnCounts, type OwnCounts } from './configured-counts.ts'
import { createConfiguredKeys } from './configured-keys.ts'
import {
  type ConfiguredRevocation,
  type ShownRevocations,
  startConfiguredRevocation
} from './configured-revocation.ts'
import { createOverload, type Overload } from './overload.ts'
import { createOneAtATime } from './pipelining.ts'
import { warnOfRestart } from './restart.ts'

/** State that outlives a configuration is passed to the application of each. */
export interface ServiceOptions
  extends Pick<
    ApplicationOptions,
    | 'logger'
    | 'logRequest'
    | 'metrics'
    | 'tracing'
    | 'now'
    | 'isReady'
    | 'isStarting'
    | 'takesConnections'
    | 'version'
    | 'proxyFor'
  > {
  /** Reloads the configuration. Throws a ConfigError for an invalid one. */
  readonly load: () => LoadedConfig
  /** The first configuration. Default: from `load`. */
  readonly loaded?: LoadedConfig | undefined
  /** Makes the store of revocations. Default: one of this process. */
  readonly createStore?: CreateStore | undefined
}

/** A configuration that is ready to replace the current one. Exactly one of the two is called, once. */
export interface PreparedConfig {
  /** Swaps it in as a whole. Requests in flight end with the configuration that they began with. */
  readonly commit: () => void
  /** Closes it; the one before stays. */
  readonly discard: () => Promise<void>
}

export interface Service {
  /** The current configuration. */
  readonly loaded: () => LoadedConfig
  /** The request handler of a listener, by its name: always by the newest configuration. */
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

/** A configuration, and the application that was built from it. */
interface Generation {
  readonly loaded: LoadedConfig
  readonly app: Application
  readonly revocation: ConfiguredRevocation | undefined
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
    breakers: createBreakers(options),
    ownCounts: createOwnCounts(options),
    shareSource: createShareSource(),
    shareRevocations: createShareRevocations<ShownRevocations>()
  }
  let current = await build(first, parts).catch((error: unknown) => {
    overload.close()
    throw error
  })
  current.revocation?.show()
  let reloading = Promise.resolve()
  let isClosing = false
  /** Previous generations with requests in flight. */
  const retiring = new Set<Promise<void>>()
  logger.level = current.loaded.config.log.level
  reportWeakSecrets(first)

  function reportWeakSecrets({ warnings }: LoadedConfig): void {
    const weak = warnings.filter(({ kind }) => kind === 'weak_secret')
    metrics.weakSecrets(weak.length)
    for (const { path, message } of weak) {
      logger.warn(
        { path: formatPath(path), problem: message },
        'weak secret, whoever has it can sign tokens'
      )
    }
  }

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
        // In this order, since both may share their revocations.
        previous.revocation?.hide()
        next.revocation?.show()
        logger.level = loaded.config.log.level
        budget.setLimit(bodiesLimit(loaded.config))
        overload.configure(loaded.config)
        reportWeakSecrets(loaded)
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
    logger.info({}, 'configuration reloaded')
    warnOfRestart(logger, previous.loaded, current.loaded)
  }

  return {
    loaded: () => current.loaded,
    listener: (name) =>
      createOneAtATime(
        (request, response) =>
          (current.app.listeners.get(name) ?? refuseWithoutRoutes)(request, response),
        budget
      ),
    prepare,
    reload() {
      // One after the other, so that the last requested one is the last one swapped in.
      reloading = reloading.then(swap)
      return reloading
    },
    async close() {
      isClosing = true
      overload.close()
      await reloading
      await Promise.all([current.app.close(), ...retiring])
      await parts.ownCounts.close()
    }
  }
}

async function build(
  loaded: LoadedConfig,
  parts: ServiceOptions & {
    budget: ByteBudget
    overload: Overload
    breakers: Breakers
    ownCounts: OwnCounts
    shareSource: ShareSource
    shareRevocations: ShareRevocations<ShownRevocations>
  }
): Promise<Generation> {
  const { config, origin, written } = loaded
  const keyStore = createConfiguredKeys(loaded, parts)
  await keyStore.start()
  let revocation: ConfiguredRevocation | undefined
  try {
    revocation = await startConfiguredRevocation(config, { ...parts, origin })
    const { createDocsRoutes } = config.docs ? await import('../protocols/docs/route.ts') : {}
    const app = await createApplication({
      ...parts,
      config,
      written,
      keyStore,
      revocation,
      createDocsRoutes
    })
    return { loaded, app, revocation }
  } catch (error) {
    keyStore.close()
    // The reason why it does not start matters more than a store that cannot be closed.
    await revocation?.close().catch(() => undefined)
    throw error
  }
}

/** For a listener without routes in the newest configuration, which is open until the next restart. */
const refuseWithoutRoutes: RequestListener = function refuseWithoutRoutes(_request, response) {
  response.writeHead(503, { Connection: 'close' }).end()
}
