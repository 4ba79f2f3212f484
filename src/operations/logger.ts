/** The log: JSON lines on standard output. */
import { setTimeout as wait } from 'node:timers/promises'
import pino, { type Logger } from 'pino'

export type { Logger }

export interface LogStream {
  readonly logger: Logger
  /** Waits for the write that is under way, which `flush` cannot; to be called before the process ends by itself. */
  readonly settle: () => Promise<void>
  /** Writes out what is still held in memory; to be called when the process ends. */
  readonly flush: () => void
  /** Writes lines of another process, whole and with their line ends. */
  readonly passOn: (lines: string) => void
}

/**
 * A line is written at once, and those that come within this time after it are gathered up to this size: a write for each would cost more
 * than all else that is done for a request.
 */
const GATHERED_BYTES = 8 * 1024
const GATHERED_MS = 100
/** While the reader is stuck, lines beyond this size are dropped: the service matters more than its log. */
const HELD_BYTES = 8 * 1024 ** 2
/** How long the process waits at its end for a reader of the log that does not read. */
const FLUSH_LIMIT_MS = 1000

/**
 * Makes the logger. It never waits for the reader of the log, so that a slow one does not slow the service.
 * @param fields of each line
 */
export function createLogger(level: string, fields: object | null = null): LogStream {
  let giveUpAt = Number.POSITIVE_INFINITY
  const destination = pino.destination({
    fd: 1,
    sync: false,
    // Lines that are passed on during a write follow at its end: with more than this, it would wait for the next line.
    minLength: 1,
    maxLength: HELD_BYTES,
    // Asked when standard output takes no more for now.
    retryEAGAIN: () => performance.now() < giveUpAt
  })
  // Gathered here, because the destination measures all that it holds with each line that is added.
  let gathered = ''
  let isGathering = false

  function writeGathered(): void {
    const lines = gathered
    gathered = ''
    if (lines !== '') destination.write(lines)
  }

  function writeOut(): void {
    writeGathered()
    isGathering = true
    setTimeout(() => {
      isGathering = false
      if (gathered !== '') writeOut()
    }, GATHERED_MS).unref()
  }

  const logger = pino(
    {
      level,
      base: fields,
      timestamp: createTimestamp(Date.now),
      formatters: { level: (label) => ({ level: label }) }
    },
    {
      write(line) {
        gathered += line
        if (!isGathering) writeOut()
        else if (gathered.length >= GATHERED_BYTES) writeGathered()
      }
    }
  )
  return {
    logger,
    async settle() {
      writeGathered()
      const settled = new Promise((resolve) => destination.flush(resolve))
      const waiting = new AbortController()
      const { signal } = waiting
      await Promise.race([settled, wait(FLUSH_LIMIT_MS, undefined, { signal }).catch(() => {})])
      // Its timer would keep the process running for the rest of the limit.
      waiting.abort()
    },
    flush() {
      giveUpAt = performance.now() + FLUSH_LIMIT_MS
      try {
        writeGathered()
        destination.flushSync()
      } catch {
        // No process reads standard output, and there is no other place to report that. Without this, pino would try once more.
        destination.destroy()
      }
    },
    passOn: (lines) => void destination.write(lines)
  }
}

/** Lines of the same millisecond share the text of their time. */
function createTimestamp(now: () => number): () => string {
  let writtenFor = Number.NaN
  let text = ''
  return function timestamp() {
    const milliseconds = now()
    if (milliseconds !== writtenFor) {
      writtenFor = milliseconds
      text = `,"time":"${new Date(milliseconds).toISOString()}"`
    }
    return text
  }
}
