/** `serve`: runs the service until a signal stops it. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Config } from '../config/full-form.ts'
import { openListeners } from '../config/listeners.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { createFileWatch } from '../config/watch.ts'
import { createLogger } from '../operations/logger.ts'
import { createMetrics } from '../operations/metrics.ts'
import { createTracing } from '../operations/tracing.ts'
import { type Listener, listen } from '../server/listen.ts'
import { createService } from '../server/service.ts'
import { VERSION } from '../version.ts'
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
    if (values.config === undefined && (env.CFG_FILE ?? '') === '') return runDemo(context)
    const file = configFileOf(values.config, env)
    await runService((onFiles) => loadConfig({ file, env, onFiles }), env)
    return undefined
  }
})

/** Runs the service in front of the demo login API, and prints commands to try it out. */
export async function runDemo({ env, print }: CommandContext): Promise<undefined> {
  const { startDemo } = await import('../demo/demo.ts')
  const demo = await startDemo(env)
  await runService(demo.load, env)
  print(demo.greeting)
}

/** Loads the configuration, and reports the files that it has read. */
type Load = (onFiles: (files: readonly string[]) => void) => LoadedConfig

/** Runs the service until a signal ends the process. It reloads on SIGHUP, and when one of its files changes. */
async function runService(load: Load, env: Environment): Promise<void> {
  const { logger, logRequest, settle, flush } = createLogger('info')
  // Before pino's own listener, which would wait without end for a reader that does not read.
  process.prependOnceListener('exit', flush)
  const tracing = await createTracing({ env, logger, version: VERSION })
  const listeners = new Map<string, Listener>()
  let ready = true
  const fileWatch = createFileWatch({
    intervalMs: WATCH_INTERVAL_MS,
    onChange: () => void reload()
  })
  const starting = createService({
    load: () => load(fileWatch.watch),
    logger,
    logRequest,
    metrics: createMetrics(),
    tracing,
    now: Date.now,
    isReady: () => ready,
    version: VERSION
  })

  async function reload(): Promise<void> {
    const service = await starting
    await service.reload()
    renewTls(listeners, service.loaded().config)
  }

  // A signal ends the process at once while the service starts, and from the second signal on.
  const exitAtOnce = (signal: StopSignal): unknown => process.exit(SIGNAL_CODES[signal])
  let stop = exitAtOnce
  for (const signal of Object.keys(SIGNAL_CODES) as StopSignal[]) {
    process.on(signal, () => void stop(signal))
  }
  process.on('SIGHUP', () => void reload())

  const service = await starting
  const { config } = service.loaded()
  const { timeouts } = config

  stop = async function stopGracefully(signal) {
    stop = exitAtOnce
    ready = false
    fileWatch.close()
    logger.info({ signal }, 'stopping')
    await wait(timeouts.drain)
    const inTime = await stopAll([...listeners.values()], timeouts.shutdown)
    await service.close()
    await tracing?.close()
    if (inTime) logger.info('stopped')
    else logger.warn('stopped, and cut requests that took too long')
    await settle()
    process.exit(inTime ? 0 : 1)
  }

  const open = openListeners(config)
  for (const [name, { host, port, tls }] of open) {
    listeners.set(name, await listen(service.listener(name), { host, port, timeouts, tls }))
  }
  // Logged only once all of them listen.
  for (const [name, { host }] of open) {
    const port = listeners.get(name)?.port
    logger.info({ version: VERSION, listener: name, host, port }, 'listening')
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
