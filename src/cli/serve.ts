/** `serve`: runs the service until it is told to stop. */
import { createApp } from '../app.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { createLogger } from '../operations/logger.ts'
import { createMetrics } from '../operations/metrics.ts'
import { type Listener, listen } from '../server.ts'
import { VERSION } from '../version.ts'
import type { Environment } from './command.ts'

/** Conventional exit code of a process that a signal ended: 128 and the number of the signal. */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const
type StopSignal = keyof typeof SIGNAL_CODES

/**
 * Starts the service with the configuration that `CFG_FILE` names, or with the demo where it names none.
 * @throws ConfigError or ListenError when it cannot start
 */
export async function serve(env: Environment): Promise<void> {
  if (env.CFG_FILE !== undefined && env.CFG_FILE !== '') {
    await runService(loadConfig({ file: env.CFG_FILE, env }).config)
    return
  }
  const { startDemo } = await import('../demo/demo.ts')
  const demo = await startDemo(env)
  await runService(demo.config)
  process.stdout.write(demo.greeting)
}

/** Runs the service with a configuration until a signal ends the process. */
async function runService(config: Config): Promise<void> {
  const { logger, flush } = createLogger(config.log.level)
  let ready = true
  const app = createApp({
    config,
    logger,
    metrics: createMetrics(),
    now: Date.now,
    isReady: () => ready,
    version: VERSION
  })
  const { main, admin } = config.listen
  const listeners = [await listen(app.main.callback(), { ...main, timeouts: config.timeouts })]
  if (admin !== undefined && app.admin !== undefined) {
    listeners.push(await listen(app.admin.callback(), { ...admin, timeouts: config.timeouts }))
  }
  logger.info(
    { version: VERSION, host: main.host, port: listeners[0]?.port, adminPort: listeners[1]?.port },
    'listening'
  )

  async function stopGracefully(signal: StopSignal): Promise<void> {
    ready = false
    logger.info({ signal }, 'stopping')
    await new Promise((resolve) => setTimeout(resolve, config.timeouts.drain))
    const inTime = await stopAll(listeners, config.timeouts.shutdown)
    await app.close()
    if (inTime) logger.info('stopped')
    else logger.warn('stopped, and cut requests that took too long')
    flush()
    process.exit(inTime ? 0 : 1)
  }

  for (const signal of Object.keys(SIGNAL_CODES) as StopSignal[]) {
    process.on(signal, () => {
      if (ready) {
        void stopGracefully(signal)
        return
      }
      flush()
      process.exit(SIGNAL_CODES[signal])
    })
  }
}

async function stopAll(listeners: readonly Listener[], deadlineMs: number): Promise<boolean> {
  const results = await Promise.all(listeners.map((listener) => listener.stop(deadlineMs)))
  return results.every(Boolean)
}
