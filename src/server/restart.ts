/** What a reload cannot change. */
import { openListeners } from '../config/listeners.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Logger } from '../operations/logger.ts'

/** Warns of changes that take a restart. Certificates are taken over while the service runs; what is asked of clients is not. */
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
  if (fixed(before) !== fixed(after)) {
    logger.warn('listen, timeouts or limits.connections have changed, which takes a restart')
  }
  for (const name of ['workers', 'memory'] as const) {
    if (before.config[name] !== after.config[name]) {
      logger.warn(`${name} has changed, which takes a restart`)
    }
  }
}
