/** A worker: one of several answering processes, controlled by the primary. */
import { loadConfig } from '../config/load.ts'
import { createTextReplay } from '../config/recorded-texts.ts'
import { createLogger } from '../operations/logger.ts'
import { createMetrics } from '../operations/metrics.ts'
import { createInstance, type Instance } from '../server/instance.ts'
import type { PreparedConfig } from '../server/service.ts'
import { WORKER_VARIABLE } from '../worker-variable.ts'
import type { ConfigInput, PrimaryCalls, WorkerCalls } from './calls.ts'
import { createChannel } from './channel.ts'
import { createSharedStores } from './shared-store.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A terminal and a service manager send these to all processes of a group. The primary gets them too, and decides. */
const OF_THE_PRIMARY = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs this process as a worker. Node.js ends it when the primary ends. */
export function runWorker(env: Environment): void {
  const log = createLogger('info', { worker: Number(env[WORKER_VARIABLE]) })
  const { logger, logRequest, settle, flush } = log
  process.prependOnceListener('exit', flush)
  for (const signal of OF_THE_PRIMARY) process.on(signal, () => {})
  const metrics = createMetrics()
  let isStarting = true
  let started: Instance | undefined
  let prepared: PreparedConfig | undefined

  const { call } = createChannel<PrimaryCalls, WorkerCalls>(
    {
      send: (message) => void process.send?.(message, undefined, undefined, () => {}),
      onMessage: (listener) => void process.on('message', listener)
    },
    {
      async start({ current, first }) {
        started = await createInstance({
          loaded: load(current),
          load: () => load(current),
          listenAs: first && load(first),
          env,
          logger,
          logRequest,
          metrics: { ...metrics, expose: () => call('metrics', null) },
          isStarting: () => isStarting,
          stopAccepting: () => call('stopAccepting', null),
          createStore: (settings, options) => stores.create(settings, options)
        })
      },
      listen: (ports) => instance().listen(ports),
      ready() {
        isStarting = false
      },
      async prepare(input) {
        prepared = await instance().prepare(load(input))
      },
      commit() {
        prepared?.commit()
        prepared = undefined
      },
      async discard() {
        await prepared?.discard()
        prepared = undefined
      },
      async stop() {
        const inTime = await instance().stop()
        await settle()
        return inTime
      },
      snapshot: metrics.snapshot,
      revoked: (report) => stores.revoked(report)
    }
  )
  const stores = createSharedStores(call)
  void call('joined', null)

  function load({ file, texts }: ConfigInput) {
    return loadConfig({ file, env, readText: createTextReplay(texts) })
  }

  function instance(): Instance {
    if (started === undefined) throw new Error('the worker is not started')
    return started
  }
}
