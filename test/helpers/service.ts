/** Starts the application in the test's own process, on a real socket. */
import type { ExecutionContext } from 'ava'
import { pino } from 'pino'
import { createApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config/load.ts'
import { createSecretReader } from '../../src/config/secrets.ts'
import { createMetrics } from '../../src/operations/metrics.ts'
import { listen } from '../../src/server.ts'

export const ENC_KEY = 'a secret of thirty-two characters or more'

export interface TestService {
  readonly url: string
  /** Every line of the log so far, parsed. */
  readonly log: Record<string, unknown>[]
}

interface ServiceOptions {
  /** YAML of a configuration, in either form. */
  config: string
  env?: Record<string, string>
  now?: () => number
  isReady?: () => boolean
}

/** Starts a service that ends with the test. */
export async function startService(
  t: ExecutionContext,
  options: ServiceOptions
): Promise<TestService> {
  const env = { ENC_KEY, ...options.env }
  const config = parseConfig(options.config, {
    env,
    reader: createSecretReader({ folder: process.cwd(), env })
  })
  const log: Record<string, unknown>[] = []
  const logger = pino(
    { level: config.log.level, base: null },
    { write: (line) => void log.push(JSON.parse(line)) }
  )
  const app = createApp({
    config,
    logger,
    metrics: createMetrics(),
    now: options.now ?? Date.now,
    isReady: options.isReady ?? (() => true),
    version: '0.0.0-test'
  })
  const listener = await listen(app.main.callback(), {
    host: '127.0.0.1',
    port: 0,
    timeouts: config.timeouts
  })
  t.teardown(async () => {
    await listener.stop(0)
    await app.close()
  })
  return { url: `http://127.0.0.1:${listener.port}`, log }
}

/** The flat form with a remote, and more keys where a test needs them. */
export function flatConfig(remote: string, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    encKey: '${ENC_KEY}',
    remote,
    expHours: 1,
    getTokenRoute: '/getToken',
    checkTokenRoute: '/checkToken',
    requestTokenData: { authorization: 'internal' },
    ...more
  })
}
