/** The log: JSON lines on standard output. */
import pino, { type Logger } from 'pino'

export type { Logger }

export interface LogStream {
  readonly logger: Logger
  /** Writes out what is still held in memory; to be called before the process ends. */
  readonly flush: () => void
}

/** Lines are gathered up to this size, or for this time: a write for each would cost more than all else that is done for a request. */
const GATHERED_BYTES = 8 * 1024
const GATHERED_MS = 100

/** Makes the logger. It never waits for the reader of the log, so that a slow one does not slow the service. */
export function createLogger(level: string): LogStream {
  const destination = pino.destination({ fd: 1, sync: false, minLength: GATHERED_BYTES })
  let isFlushPlanned = false

  function flushSoon(): void {
    if (isFlushPlanned) return
    isFlushPlanned = true
    setTimeout(() => {
      isFlushPlanned = false
      destination.flush()
    }, GATHERED_MS).unref()
  }

  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) }
    },
    {
      write(line) {
        destination.write(line)
        flushSoon()
      }
    }
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
