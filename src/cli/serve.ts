/** `serve`: runs the service until a signal stops it. */
import { availableParallelism } from 'node:os'
import { openListeners } from '../config/listeners.ts'
import { type LoadedConfig, type LoadOptions, loadConfig } from '../config/load.ts'
import { createTextRecorder, type RecordedConfig } from '../config/recorded-texts.ts'
import { createFileWatch } from '../config/watch.ts'
import { createLogger } from '../operations/logger.ts'
import type { Instance, InstanceOptions, Ports } from '../server/instance.ts'
import { VERSION } from '../version.ts'
import { WORKER_VARIABLE } from '../worker-variable.ts'
import type { WorkersOptions } from '../workers/primary.ts'
import {
  type CommandContext,
  configFileOf,
  configOption,
  createCommand,
  type Environment
} from './command.ts'

/** Conventional exit code of a process that a signal ended: 128 and the number of the signal. */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const
type StopSignal = keyof typeof SIGNAL_CODES

const WATCH_INTERVAL_MS = 1000

export const serve = createCommand({
  parameters: [],
  description:
    'Run the service until a signal stops it. A change of its files, or SIGHUP, reloads the configuration.\nWithout a configuration it runs the demo.',
  options: { config: configOption },
  examples: ['txtoken serve --config txtoken.yml', 'CFG_FILE=txtoken.yml txtoken'],
  async run({ values, ...context }) {
    const { env } = context
    if (env[WORKER_VARIABLE] !== undefined && process.connected) {
      const { runWorker } = await import('../workers/worker.ts')
      runWorker(env)
      return undefined
    }
    if (values.config === undefined && (env.CFG_FILE ?? '') === '') return runDemo(context)
    const file = configFileOf(values.config, env)
    await runService({ file, env, load: (options) => loadConfig({ ...options, file, env }) })
    return undefined
  }
})

/** Runs the service in front of the demo login API, and prints commands to try it out. */
export async function runDemo({ env, print }: CommandContext): Promise<undefined> {
  const { startDemo } = await import('../demo/demo.ts')
  const demo = await startDemo(env)
  await runService({ file: '', env, load: demo.load })
  print(demo.greeting)
}

interface ServeOptions {
  /** The configuration file, as the user named it. */
  readonly file: string
  readonly env: Environment
  readonly load: (options: Pick<LoadOptions, 'onFiles' | 'readText'>) => LoadedConfig
}

/** The service while it runs, in this process or in several. */
interface Running extends Pick<Instance, 'reload' | 'stop'> {
  readonly ports: Ports
}

/** Runs the service until a signal ends the process. It reloads on SIGHUP, and when one of its files changes. */
async function runService({ file, env, load }: ServeOptions): Promise<void> {
  const log = createLogger('info')
  const { logger, logRequest, settle, flush } = log
  // Before pino's own listener, which would wait without end for a reader that does not read.
  process.prependOnceListener('exit', flush)
  const fileWatch = createFileWatch({
    intervalMs: WATCH_INTERVAL_MS,
    onChange: () => void reload()
  })
  // A signal ends the process at once while the service starts, and from the second signal on.
  const exitAtOnce = (signal: StopSignal): unknown => process.exit(SIGNAL_CODES[signal])
  let stop = exitAtOnce
  for (const signal of Object.keys(SIGNAL_CODES) as StopSignal[]) {
    process.on(signal, () => void stop(signal))
  }
  process.on('SIGHUP', () => void reload())

  function loadRecorded(): RecordedConfig {
    const { readText, texts } = createTextRecorder()
    const loaded = load({ onFiles: fileWatch.watch, readText })
    return { loaded, texts: texts() }
  }

  const first = loadRecorded()
  const { config } = first.loaded
  const count = config.workers === 'auto' ? availableParallelism() : config.workers
  const starting =
    count === 1
      ? runHere({
          env,
          logger,
          logRequest,
          loaded: first.loaded,
          load: () => loadRecorded().loaded
        })
      : runWorkers({ count, file, first, load: loadRecorded, logger, passOn: log.passOn })

  async function reload(): Promise<void> {
    await (await starting).reload()
  }

  const running = await starting
  stop = async function stopGracefully(signal) {
    stop = exitAtOnce
    fileWatch.close()
    logger.info({ signal }, 'stopping')
    const inTime = await running.stop()
    if (inTime) logger.info('stopped')
    else logger.warn('stopped, and cut requests that took too long')
    await settle()
    process.exit(inTime ? 0 : 1)
  }
  // Logged only once all of them listen.
  for (const [name, { host }] of openListeners(config)) {
    const line = { version: VERSION, listener: name, host, port: running.ports[name] }
    logger.info(count === 1 ? line : { ...line, workers: count }, 'listening')
  }
}

async function runHere(options: Omit<InstanceOptions, 'metrics'>): Promise<Running> {
  const { createInstance } = await import('../server/instance.ts')
  const { createMetrics } = await import('../operations/metrics.ts')
  const instance = await createInstance({ ...options, metrics: createMetrics() })
  return { ...instance, ports: await instance.listen() }
}

async function runWorkers(options: WorkersOptions): Promise<Running> {
  const { startWorkers } = await import('../workers/primary.ts')
  return startWorkers(options)
}
