/** The service in one process: what answers, and the listeners that it answers on. */
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import type { Config } from '../config/full-form.ts'
import { openListeners } from '../config/listeners.ts'
import type { LoadedConfig } from '../config/load.ts'
import { createTracing } from '../operations/tracing.ts'
import { VERSION } from '../version.ts'
import { type Listener, listen } from './listen.ts'
import { createService, type Service, type ServiceOptions } from './service.ts'

export interface InstanceOptions
  extends Omit<ServiceOptions, 'isReady' | 'now' | 'tracing' | 'version'> {
  /** The environment, which tracing is set up by. */
  readonly env: Readonly<Record<string, string | undefined>>
  /**
   * What a reload cannot change is taken from here: where it listens, what it asks of clients there, and its timeouts. Default:
   * the configuration that it starts with.
   */
  readonly listenAs?: LoadedConfig | undefined
}

/** Ports by the names of their listeners. */
export type Ports = Readonly<Record<string, number>>

export interface Instance extends Pick<Service, 'prepare'> {
  /**
   * Listens on every listener of the configuration.
   * @param known ports in place of those of the configuration
   * @returns the ports, also where the system chose them
   * @throws ListenError
   */
  readonly listen: (known?: Ports) => Promise<Ports>
  readonly reload: () => Promise<void>
  /**
   * Takes no new work, and waits for the requests in flight.
   * @returns whether all of them ended in time
   */
  readonly stop: () => Promise<boolean>
}

/**
 * What `memory: small` asks of V8. The parser of replies, which is WebAssembly, stays as it is compiled first: optimising it takes 40 MB once.
 * The young generation of the heap keeps the size that it has at the start, and code is not optimised where that makes it larger.
 */
const SMALL = ['--liftoff-only', '--semi-space-growth-factor=1', '--optimize-for-size']

/** @throws ConfigError, KeyError or TracingError when it cannot start */
export async function createInstance(options: InstanceOptions): Promise<Instance> {
  const { env, logger } = options
  const tracing = await createTracing({ env, logger, version: VERSION })
  let isReady = true
  const service = await createService({
    ...options,
    tracing,
    now: Date.now,
    isReady: () => isReady,
    version: VERSION
  })
  const { config: fixed } = options.listenAs ?? service.loaded()
  const { memory, timeouts, limits } = fixed
  // Before the first call to a remote, which compiles the parser. What has grown by now stays as large.
  if (memory === 'small') for (const flag of SMALL) setFlagsFromString(flag)
  const listeners = new Map<string, Listener>()

  return {
    async prepare(loaded) {
      const { commit, discard } = await service.prepare(loaded)
      return {
        discard,
        commit() {
          commit()
          renewTls(listeners, loaded.config)
        }
      }
    },
    async listen(known = {}) {
      for (const [name, { host, port, tls }] of openListeners(fixed)) {
        const maxConnections = name === 'admin' ? undefined : limits.connections
        const address = { host, port: known[name] ?? port, timeouts, tls, maxConnections }
        listeners.set(name, await listen(service.listener(name), address))
      }
      if (options.listenAs !== undefined) renewTls(listeners, service.loaded().config)
      return Object.fromEntries(Array.from(listeners, ([name, { port }]) => [name, port]))
    },
    async reload() {
      await service.reload()
      renewTls(listeners, service.loaded().config)
    },
    async stop() {
      isReady = false
      await wait(timeouts.drain)
      const inTime = await stopAll([...listeners.values()], timeouts.shutdown)
      await service.close()
      await tracing?.close()
      return inTime
    }
  }
}

function renewTls(listeners: ReadonlyMap<string, Listener>, { listen }: Config): void {
  for (const [name, listener] of listeners) {
    const tls = listen[name]?.tls
    if (tls !== undefined) listener.renewTls(tls)
  }
}

async function stopAll(listeners: readonly Listener[], deadlineMs: number): Promise<boolean> {
  const results = await Promise.all(listeners.map((listener) => listener.stop(deadlineMs)))
  return results.every(Boolean)
}
