/** The log: JSON lines on standard output. */
import pino, { type Logger } from 'pino'

export type { Logger }

export interface LogStream {
  readonly logger: Logger
  /** Writes out what is still held in memory; to be called before the process ends. */
  readonly flush: () => void
}

/** Makes the logger. Lines are written without waiting for each, since a slow reader of the log must not slow the service. */
export function createLogger(level: string): LogStream {
  const destination = pino.destination({ fd: 1, sync: false })
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) }
    },
    destination
  )
  return {
    logger,
    flush() {
      try {
        destination.flushSync()
      } catch {
        // Standard output is gone, and with it the only place to say so.
      }
    }
  }
}
