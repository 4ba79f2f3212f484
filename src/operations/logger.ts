/** The log: JSON lines on standard output. */
import pino, { type Logger } from 'pino'

export type { Logger }

export interface LogStream {
  readonly logger: Logger
  /** Writes out what is still held in memory; to be called before the process ends. */
  readonly flush: () => void
}

/** How long the end of the process waits for a reader of the log that does not read. */
const FLUSH_LIMIT_MS = 1000

/** Makes the logger. Lines are written without waiting for each, since a slow reader of the log must not slow the service. */
export function createLogger(level: string): LogStream {
  let giveUpAt = Number.POSITIVE_INFINITY
  const destination = pino.destination({
    fd: 1,
    sync: false,
    // Asked when standard output takes no more for now.
    retryEAGAIN: () => performance.now() < giveUpAt
  })
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
      giveUpAt = performance.now() + FLUSH_LIMIT_MS
      try {
        destination.flushSync()
      } catch {
        // Nobody reads standard output, and it is the only place to say so. Without this, pino would try once more.
        destination.destroy()
      }
    }
  }
}
