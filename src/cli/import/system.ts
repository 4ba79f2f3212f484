/** A system whose configuration can be imported. */
import type { ReadText } from '../../settings/text-file.ts'
import { formatDuration } from '../../settings/units.ts'
import type { Setting } from './setting.ts'
import type { Section, Source, SourceOptions } from './source.ts'

/** A comment in the configuration, before the setting at its path. */
export type Comment = readonly [path: readonly (string | number)[], text: string]

/** A configuration of this program, as its author would write it. */
export interface Imported {
  readonly config: Readonly<Record<string, unknown>>
  readonly comments: readonly Comment[]
}

/** One folder or file a system, and one line in the command. */
export interface System extends SourceOptions {
  /** Its name in text. */
  readonly title: string
  /** Every known setting, with its equivalent. */
  readonly settings: readonly Setting[]
  /** Parses the text of a file that is neither YAML nor JSON. Default: it is one of them. */
  readonly parse?: (text: string) => unknown
  /**
   * @param readBeside reads a file that the settings name, by its path from their folder
   * @throws CommandError where nothing useful can be made
   */
  readonly convert: (source: Source, readBeside: ReadText) => Imported
}

const NANOSECONDS = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 } as const
const GO_DURATION = /^([+-]?)((?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+)$/

/** Converts a duration of Go, `1h30m`, to the notation of this program, `90m`, and notes an invalid one. */
export function goDuration(section: Section, name: string): string | undefined {
  const text = section.text(name)
  if (text === undefined) return undefined
  const [, sign, amounts = ''] = GO_DURATION.exec(text) ?? []
  if (sign === undefined) {
    section.note(name, 'is no duration; nothing is made of it')
    return undefined
  }
  const parts = amounts.matchAll(/([\d.]+)([a-zµ]+)/g)
  const total = [...parts].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * NANOSECONDS[unit as keyof typeof NANOSECONDS],
    0
  )
  return `${sign === '-' ? '-' : ''}${formatDuration(Math.round(total / 1e6))}`
}

/** Leaves out user name and password of a URL, which this program rejects in URLs. */
export function urlWithoutUser(section: Section, name: string): string | undefined {
  return withoutUser(section, name, section.text(name))
}

/** The same for a parsed URL. */
export function withoutUser<Text extends string | undefined>(
  section: Section,
  name: string,
  text: Text
): Text | string {
  if (text === undefined || !URL.canParse(text)) return text
  const { username, password } = new URL(text)
  if (username === '' && password === '') return text
  section.note(name, 'has a user name and password, which are left out: no URL here has any')
  return text.replace(/(?<=^[a-z]+:\/\/)[^/@]*@/i, '')
}

/** The defined members. */
export function given<Value extends object>(value: Value): Partial<Value> {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(entries) as Partial<Value>
}

/** The levels of other systems' logs, in lower case, and those of this one. */
export const LOG_LEVELS: Readonly<Record<string, string>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
  dpanic: 'fatal',
  panic: 'fatal',
  fatal: 'fatal',
  none: 'fatal'
}
