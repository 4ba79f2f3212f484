/** Starts the application in the test's own process, on a real socket. */
import type { RequestListener } from 'node:http'
import type { ExecutionContext } from 'ava'
import { pino } from 'pino'
import type { Config } from '../../src/config/full-form.ts'
import { parseConfig } from '../../src/config/load.ts'
import { createShareSource } from '../../src/keys/remote/share-source.ts'
import { createMetrics } from '../../src/operations/metrics.ts'
import { createDocsRoutes } from '../../src/protocols/docs/route.ts'
import { createShareRevocations } from '../../src/revocation/share-revocations.ts'
import {
  type ApplicationOptions,
  type CreateHosts,
  createApplication
} from '../../src/server/application.ts'
import { createConfiguredKeys } from '../../src/server/configured-keys.ts'
import { startConfiguredRevocation } from '../../src/server/configured-revocation.ts'
import { listen } from '../../src/server/listen.ts'
import { createSecretReader } from '../../src/settings/secrets.ts'
import { eventually } from './eventually.ts'
import { ENC_KEY } from './tokens.ts'

/** A line of the log, parsed. */
export type LogLine = Readonly<Record<string, unknown>>

export interface TestService {
  readonly url: string
  /** The admin listener; empty where the configuration has none. */
  readonly adminUrl: string
  /** All listeners by their names. */
  readonly urls: ReadonlyMap<string, string>
  /** Every line of the log so far. */
  readonly log: LogLine[]
  /** The request lines, once there are this many: a line is written after the answer is sent. */
  readonly requestLines: (count: number) => Promise<LogLine[]>
  /** Ends it before the test does. */
  readonly close: () => Promise<void>
}

interface ServiceOptions {
  /** YAML of a configuration, in either form. */
  config: string
  env?: Record<string, string>
  /** Where relative paths in it start. Default: the folder that the tests run in. */
  folder?: string
  now?: () => number
  isReady?: () => boolean
  isStarting?: () => boolean
  /** Creates the host that answers the routes of a listener. Default: as in the program. */
  createHosts?: CreateHosts | undefined
  /** Admits requests under overload. Default: all are admitted. */
  overload?: ApplicationOptions['overload']
}

/** Starts a service that ends with the test. */
export async function startService(
  t: ExecutionContext,
  options: ServiceOptions
): Promise<TestService> {
  const env = { ENC_KEY, ...options.env }
  const { config, written } = parseConfig(options.config, {
    env,
    reader: createSecretReader({ folder: options.folder ?? process.cwd(), env })
  })
  const now = options.now ?? Date.now
  const log: LogLine[] = []
  const logger = pino(
    {
      level: config.log.level,
      base: null,
      formatters: { level: (label) => ({ level: label }) }
    },
    { write: (line) => void log.push(JSON.parse(line)) }
  )
  const metrics = createMetrics()
  const keyStore = createConfiguredKeys(
    { config, origin: {} },
    { logger, metrics, now, shareSource: createShareSource() }
  )
  await keyStore.start()
  const revocation = await startConfiguredRevocation(config, {
    logger,
    metrics,
    now,
    shareRevocations: createShareRevocations()
  })
  revocation?.show()
  const app = await createApplication({
    createDocsRoutes: config.docs ? createDocsRoutes : undefined,
    createHosts: options.createHosts,
    overload: options.overload,
    config,
    written,
    keyStore,
    revocation,
    logger,
    metrics,
    now,
    isReady: options.isReady ?? (() => true),
    isStarting: options.isStarting,
    version: '0.0.0-test'
  })
  t.teardown(app.close)
  const urls = new Map<string, string>()
  for (const [name, listener] of app.listeners)
    urls.set(name, await serve(t, name, listener, config))
  return {
    url: urls.get('main') ?? '',
    adminUrl: urls.get('admin') ?? '',
    urls,
    log,
    close: app.close,
    async requestLines(count) {
      const lines = () => log.filter(({ msg }) => msg === 'request')
      await eventually(() => lines().length >= count, 5)
      return lines()
    }
  }
}

/** Listens on a port that the system chooses, whatever the configured one, until the test ends. */
async function serve(
  t: ExecutionContext,
  name: string,
  handler: RequestListener,
  { timeouts, listen: { [name]: settings } }: Config
): Promise<string> {
  const tls = settings?.tls
  const listener = await listen(handler, { host: '127.0.0.1', port: 0, timeouts, tls })
  t.teardown(() => listener.stop(0))
  return `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${listener.port}`
}
