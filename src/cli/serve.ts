/** `serve`: runs the service until a signal stops it. */
import { availableParallelism } from 'node:os'
import { openListeners } from '../config/listeners.ts'
import { type LoadedConfig, type LoadOptions, loadConfig } from '../config/load.ts'
import { createTextRecorder, type RecordedConfig } from '../config/recorded-texts.ts'
import { createFileWatch } from '../config/watch.ts'
import { createLogger, type LogStream } from '../operations/logger.ts'
import { loadPrettify } from '../operations/readable-log.ts'
import { describeProxies } from '../remote/proxy/proxies.ts'
import type { Instance, InstanceOptions, Ports } from '../server/instance.ts'
import { VERSION } from '../version.ts'
import { WORKER_VARIABLE } from '../worker-variable.ts'
import type { WorkersOptions } from '../workers/primary.ts'
import {
  type CommandContext,
  configFileOf,
  createConfigCommand,
  type Environment
} from './command.ts'

/** Conventional exit code of a process that a signal ended: 128 and the number of the signal. */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const
type StopSignal = keyof typeof SIGNAL_CODES

const WATCH_INTERVAL_MS = 1000

export const serve = createConfigCommand({
  description:
    'Run the service until a signal stops it. A change of its files, or SIGHUP, reloads the configuration.\nThe configuration is FILE, or the file that CFG_FILE names. Without both, the command runs the demo.',
  options: {},
  examples: ['txtoken serve txtoken.yml', 'CFG_FILE=txtoken.yml txtoken'],
  async run({ named, ...context }) {
    const { env } = context
    if (env[WORKER_VARIABLE] !== undefined && process.connected) {
      const { runWorker } = await import('../workers/worker.ts')
      runWorker(env)
      return undefined
    }
    if (named === undefined && (env.CFG_FILE ?? '') === '') return runDemo(context)
    const file = configFileOf(named, env)
    await runService({ file, env, load: (options) => loadConfig({ ...options, file, env }) })
    return undefined
  }
})

/** Runs the service in front of the demo login API, and prints commands to try it out. */
export async function runDemo({ env, print }: CommandContext): Promise<undefined> {
  const { namePortVariable, startDemo } = await import('../demo/demo.ts')
  const demo = await startDemo(env)
  try {
    await runService({ file: '', env, load: demo.load })
  } catch (error) {
    throw namePortVariable(error, 'PORT')
  }
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
  const starting = start()

  async function start(): Promise<{ running: Running; log: LogStream }> {
    const log = createLogger('info', { prettify: await loadPrettify(config.log.pretty, env) })
    const { logger, logRequest, flush, passOn } = log
    // Before pino's own listener, which would wait forever for a reader that does not read.
    process.prependOnceListener('exit', flush)
    const proxies = describeProxies(env)
    if (proxies !== undefined) logger.info({ proxies }, 'calls go through proxies')
    const running = await (count === 1
      ? runHere({
          env,
          logger,
          logRequest,
          loaded: first.loaded,
          load: () => loadRecorded().loaded
        })
      : runWorkers({ count, file, first, load: loadRecorded, logger, passOn }))
    return { running, log }
  }

  async function reload(): Promise<void> {
    const { running } = await starting
    await running.reload()
  }

  const {
    running,
    log: { logger, settle }
  } = await starting
  stop = async function stopGracefully(signal) {
    stop = exitAtOnce
    fileWatch.close()
    logger.info({ signal }, 'stopping')
    const inTime = await running.stop()
    if (inTime) logger.info({}, 'stopped')
    else logger.warn({}, 'stopped, and cut requests that took too long')
    await settle()
    process.exit(inTime ? 0 : 1)
  }
  // Logged only once all of them listen.
  for (const [name, { host }] of openListeners(config)) {
    const line = { version: VERSION, listener: name, host, port: running.ports[name] }
    logger.info(count === 1 ? line : { ...line, workers: count }, 'listening')
  }
  // So that later output of a command comes below it.
  await settle()
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
