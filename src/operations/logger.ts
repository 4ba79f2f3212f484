/** The log: JSON lines on standard output, or readable ones. */
import { setTimeout as wait } from 'node:timers/promises'
import pino from 'pino'
import type { Log } from '../log-messages.ts'
import type { Prettify } from './readable-log.ts'

/** The logger of pino, restricted to the messages of the service. */
export interface Logger extends Log {
  /** The least severe level that it writes. */
  level: string
  isLevelEnabled(level: string): boolean
  child(fields: object): Logger
}

/** The log fields of a request that was answered without an error. Nothing in it needs escaping in JSON, except the route. */
export interface RequestLine {
  /** Made of characters that need no escaping. */
  readonly requestId: string
  /** In hexadecimal digits. */
  readonly traceId: string | undefined
  readonly method: string
  /** The path as configured. */
  readonly route: string
  /** The client's address; undefined where it is not logged. */
  readonly client: string | undefined
  readonly status: number
  readonly durationMs: number
  readonly remoteMs: number | undefined
}

/** Logs a request that was answered without an error. */
export type LogRequest = (level: 'info' | 'debug', line: RequestLine) => void

export interface LogStream {
  readonly logger: Logger
  /** Writes the line that the logger would write, at a third of the cost: there is one for every request. */
  readonly logRequest: LogRequest
  /** Waits for the write that is under way, which `flush` cannot; to be called before the process ends by itself. */
  readonly settle: () => Promise<void>
  /** Writes out the lines that are still in memory; to be called when the process ends. */
  readonly flush: () => void
  /** Writes lines of another process, whole and with their line ends. */
  readonly passOn: (lines: string) => void
}

/**
 * A line is written at once, and lines within this time after it are gathered up to this size: a write for each would cost more
 * than all else that is done for a request.
 */
const GATHERED_BYTES = 64 * 1024
const GATHERED_MS = 100
/** While the reader is stuck, lines beyond this size are dropped: the service matters more than its log. */
const HELD_BYTES = 8 * 1024 ** 2
/** How long the process waits at its end for a stuck reader of the log. */
const FLUSH_LIMIT_MS = 1000

const WHOLE_LINE = /.+\n/g

export interface LoggerOptions {
  /** The number of this process, where there are several: each line has it. */
  readonly worker?: number | undefined
  /** Makes each line readable, also of other processes. Default: they stay JSON. */
  readonly prettify?: Prettify | undefined
}

/** Makes the logger. It never waits for the reader of the log, so that a slow one does not slow the service. */
export function createLogger(level: string, { worker, prettify }: LoggerOptions = {}): LogStream {
  let giveUpAt = Number.POSITIVE_INFINITY
  const destination = pino.destination({
    fd: 1,
    sync: false,
    // Lines that are passed on during a write follow at its end: with more than this, it would wait for the next line.
    minLength: 1,
    maxLength: HELD_BYTES,
    // Called when standard output accepts no more for now.
    retryEAGAIN: () => performance.now() < giveUpAt
  })
  // Lines that cannot be written, as on a full disk, are held and tried again with the next one: the service goes on.
  let isFailing = false
  destination.on('error', () => {
    isFailing = true
  })
  destination.on('drain', () => {
    isFailing = false
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

  function writeLine(line: string): void {
    gathered += line
    if (!isGathering) writeOut()
    else if (gathered.length >= GATHERED_BYTES) writeGathered()
  }

  const write =
    prettify === undefined ? writeLine : (line: string): void => writeLine(prettify(line))

  const timestamp = createTimestamp(Date.now, worker)
  const logger = pino(
    { level, base: null, timestamp, formatters: { level: (label) => ({ level: label }) } },
    { write }
  )
  return {
    logger,
    logRequest(level, line) {
      if (logger.isLevelEnabled(level)) write(writeRequestLine(level, timestamp(), line))
    },
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
      // It would retry forever.
      if (isFailing) {
        destination.destroy()
        return
      }
      giveUpAt = performance.now() + FLUSH_LIMIT_MS
      try {
        writeGathered()
        destination.flushSync()
      } catch {
        // No process reads standard output, and there is no other place to report that. Without this, pino would try once more.
        destination.destroy()
      }
    },
    passOn:
      prettify === undefined
        ? (lines) => void destination.write(lines)
        : (lines) => void destination.write(lines.replaceAll(WHOLE_LINE, prettify))
  }
}

/** The same text as pino's for the same fields: a test compares the two. */
function writeRequestLine(
  level: string,
  time: string,
  { requestId, traceId, method, route, client, status, durationMs, remoteMs }: RequestLine
): string {
  const trace = traceId === undefined ? '' : `,"traceId":"${traceId}"`
  const from = client === undefined ? '' : `,"client":"${client}"`
  const remote = remoteMs === undefined ? '' : `,"remoteMs":${remoteMs}`
  return (
    `{"level":"${level}"${time},"requestId":"${requestId}"${trace},"method":"${method}",` +
    `"route":${JSON.stringify(route)}${from},"status":${status},"durationMs":${durationMs}${remote},"msg":"request"}\n`
  )
}

/** Lines of the same millisecond share the text of their time, with the number of the worker after it. */
function createTimestamp(now: () => number, worker: number | undefined): () => string {
  const after = worker === undefined ? '' : `,"worker":${worker}`
  let writtenFor = Number.NaN
  let text = ''
  return function timestamp() {
    const milliseconds = now()
    if (milliseconds !== writtenFor) {
      writtenFor = milliseconds
      text = `,"time":"${new Date(milliseconds).toISOString()}"${after}`
    }
    return text
  }
}
