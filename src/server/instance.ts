/** The service in one process, with its listeners. */
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import type { Config } from '../config/full-form.ts'
import { openListeners } from '../config/listeners.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Logger } from '../operations/logger.ts'
import { createTracing } from '../operations/tracing.ts'
import { readProxies } from '../remote/proxy/proxies.ts'
import { VERSION } from '../version.ts'
import { type Listener, listen } from './listen.ts'
import { createService, type Service, type ServiceOptions } from './service.ts'

export interface InstanceOptions
  extends Omit<
    ServiceOptions,
    'isReady' | 'takesConnections' | 'now' | 'tracing' | 'version' | 'proxyFor'
  > {
  /** The environment, which tracing and proxies are set up by. */
  readonly env: Readonly<Record<string, string | undefined>>
  /**
   * The settings that a reload cannot change: addresses, client certificates, and timeouts. Default:
   * the configuration that it starts with.
   */
  readonly listenAs?: LoadedConfig | undefined
  /** Closes sockets that another process has opened for this one. Default: there are none. */
  readonly stopAccepting?: (() => Promise<unknown>) | undefined
}

/** Ports by the names of their listeners. */
export type Ports = Readonly<Record<string, number>>

export interface Instance extends Pick<Service, 'prepare'> {
  /**
   * Listens on every listener of the configuration.
   * @param known ports in place of the configured ones
   * @returns the ports, also where the system chose them
   * @throws ListenError
   */
  readonly listen: (known?: Ports) => Promise<Ports>
  readonly reload: () => Promise<void>
  /**
   * Reports that it is not ready, takes no new connections after `timeouts.drain`, and waits for the requests in flight.
   * @returns whether all of them ended in time
   */
  readonly stop: () => Promise<boolean>
}

/**
 * The V8 settings of `memory: small`. The parser of replies, which is WebAssembly, is not optimised: that takes 40 MB once.
 * The young generation of the heap keeps its initial size, and code is not optimised where that makes it larger.
 */
const SMALL = ['--liftoff-only', '--semi-space-growth-factor=1', '--optimize-for-size']

/** @throws ConfigError, KeyError, TracingError or ProxyVariableError when it cannot start */
export async function createInstance(options: InstanceOptions): Promise<Instance> {
  const { env, logger } = options
  const tracing = await createTracing({ env, logger, version: VERSION })
  let isReady = true
  let takesConnections = true
  const service = await createService({
    ...options,
    tracing,
    now: Date.now,
    isReady: () => isReady,
    takesConnections: () => takesConnections,
    version: VERSION,
    proxyFor: readProxies(env)
  })
  const { config: fixed } = options.listenAs ?? service.loaded()
  const { memory, timeouts, limits } = fixed
  // Before the first call to a remote, which compiles the parser. Memory that has grown by now stays as large.
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
        const onOtherProtocol = createProtocolWarning(options.logger, name, tls !== undefined)
        const address = { host, port: known[name] ?? port, timeouts, tls, maxConnections }
        const settings = nameSettings(name, service.loaded().isFlat)
        listeners.set(
          name,
          await listen(service.listener(name), { ...address, settings, onOtherProtocol })
        )
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
      await options.stopAccepting?.()
      await Promise.all(Array.from(listeners.values(), (listener) => listener.stopAccepting()))
      takesConnections = false
      const inTime = await stopAll([...listeners.values()], timeouts.shutdown)
      await service.close()
      await tracing?.close()
      return inTime
    }
  }
}

/** The flat form has one listener, without a host. */
function nameSettings(listener: string, isFlat: boolean) {
  const place = isFlat ? '' : `listen.${listener}.`
  return { host: `${place}host`, port: `${place}port` }
}

/** At most one line a minute: anyone who reaches the port can send anything. */
const WARN_EVERY_MS = 60_000

function createProtocolWarning(logger: Logger, listener: string, isTls: boolean): () => void {
  let nextAt = 0
  return function warnOfProtocol() {
    if (performance.now() < nextAt) return
    nextAt = performance.now() + WARN_EVERY_MS
    if (isTls) logger.warn({ listener }, 'a client uses plain HTTP on a port with TLS')
    else logger.warn({ listener }, 'a client uses TLS on a port without TLS')
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
