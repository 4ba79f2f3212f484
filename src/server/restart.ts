/** Settings that a reload cannot change. */
import { openListeners } from '../config/listeners.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Logger } from '../operations/logger.ts'

/** Warns of changes that require a restart. Certificates are replaced while the service runs; the client certificate setting is not. */
export function warnOfRestart(
  logger: Pick<Logger, 'warn'>,
  before: LoadedConfig,
  after: LoadedConfig
): void {
  const fixed = ({ config }: LoadedConfig) => {
    const listeners = [...openListeners(config)].map(([name, { host, port, tls }]) => [
      name,
      host,
      port,
      tls?.clientCertificate
    ])
    return JSON.stringify([listeners, config.timeouts, config.limits.connections])
  }
  const [one, other] = [before.config, after.config]
  const settings = [
    ...(fixed(before) === fixed(after) ? [] : ['listen, timeouts or limits.connections']),
    ...(one.workers === other.workers ? [] : ['workers']),
    ...(one.memory === other.memory ? [] : ['memory']),
    ...(one.log.pretty === other.log.pretty ? [] : ['log.pretty'])
  ]
  if (settings.length > 0) {
    logger.warn({ settings }, 'settings have changed, which takes a restart')
  }
}
