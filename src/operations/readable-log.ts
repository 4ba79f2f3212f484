/** The log for people: lines with the time of day and a sentence in front, and the rest of the fields after it. */
import { isatty } from 'node:tty'
import { toVisible } from '../settings/clean-text.ts'

/** Makes a readable line from a line of JSON, both with their line ends. */
export type Prettify = (line: string) => string

type Environment = Readonly<Record<string, string | undefined>>

const STANDARD_OUTPUT = 1

/**
 * Loads the formatter if lines should be readable; otherwise it loads nothing.
 * @param setting `auto` is for a terminal as standard output
 * @param env `NO_COLOR` and `TERM=dumb` leave out the colors of a terminal
 */
export async function loadPrettify(
  setting: boolean | 'auto',
  env: Environment
): Promise<Prettify | undefined> {
  const isTerminal = isatty(STANDARD_OUTPUT)
  if (!(setting === 'auto' ? isTerminal : setting)) return undefined
  return createPrettify(isTerminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb')
}

/** @param hasColors whether levels and messages have colors */
export async function createPrettify(hasColors: boolean): Promise<Prettify> {
  const { prettyFactory } = await import('pino-pretty')
  const format = prettyFactory({
    colorize: hasColors,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true
  })

  return function prettify(line) {
    let fields: Record<string, unknown>
    try {
      fields = JSON.parse(line, escapeText)
    } catch {
      return line
    }
    return format(fields.msg === 'request' ? describeRequest(fields) : fields) ?? ''
  }
}

/** A terminal interprets control characters in texts of others. */
function escapeText(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? toVisible(value) : value
}

/** The message comes first: `POST /getToken 401 in 3.2 ms: Token is expired`. */
function describeRequest({
  method,
  route,
  status,
  durationMs,
  error,
  ...rest
}: Record<string, unknown>): Record<string, unknown> {
  const why = error === undefined ? '' : `: ${error}`
  return { ...rest, msg: `${method} ${route} ${status} in ${durationMs} ms${why}` }
}
