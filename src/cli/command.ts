/** What every command of the program has: its help, its options, and the function that runs it. */
import { parseArgs } from 'node:util'
import { nearest } from '../settings/nearest.ts'

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The program was called with wrong arguments. The message names what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A failure that the user can fix. The message names what was found and what was expected. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** What a command may use of the outside world. */
export interface CommandContext {
  readonly env: Environment
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Reads standard input to its end. */
  readonly readInput: () => Promise<string>
  /** Writes data to standard output. */
  readonly print: (text: string) => void
  /** Writes a line for the user to standard error. */
  readonly report: (message: string) => void
}

/** An option, for the parser and for the help. */
interface OptionDescription {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  /** The name of its value in the help: `FILE`. */
  readonly value?: string
  readonly description: string
}

/** The configuration of the service that a command runs or asks. */
export const configOption = {
  type: 'string',
  short: 'c',
  value: 'FILE',
  description:
    'The configuration file (default: the one that the environment variable CFG_FILE names)'
} as const

/** Options that every command has. */
const EVERYWHERE = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' }
} as const

export type OptionDescriptions = Readonly<Record<string, OptionDescription>>

type Value<Option> = Option extends { type: 'boolean' }
  ? boolean
  : Option extends { multiple: true }
    ? string[]
    : string

type Values<Options> = { readonly [Name in keyof Options]?: Value<Options[Name]> }

/** How one call of a command was written. */
interface Call<Options> extends CommandContext {
  readonly values: Values<Options>
  readonly parameters: readonly string[]
}

/** What the help of a command shows. */
export interface CommandHelp {
  /** What follows its name: `<user>` is required, `[FILE]` is optional, `[<group>...]` may occur many times. */
  readonly parameters: readonly string[]
  readonly description: string
  readonly options: OptionDescriptions
  readonly examples: readonly string[]
}

/** Undefined is 0. A UsageError becomes 2, any other error 1. */
type Outcome = Promise<1 | undefined> | 1 | undefined

export interface Command extends CommandHelp {
  readonly run: (args: readonly string[], context: CommandContext) => Outcome
}

interface CommandOptions<Options extends OptionDescriptions> extends CommandHelp {
  readonly options: Options
  readonly run: (call: Call<Options>) => Outcome
}

/** Makes a command. Its arguments are parsed, and checked against its description, before it runs. */
export function createCommand<const Options extends OptionDescriptions>({
  run,
  ...help
}: CommandOptions<Options>): Command {
  return {
    ...help,
    run(args, context) {
      const { values, positionals } = parseArguments(args, help.options)
      assertParameters(positionals, help.parameters)
      return run({ ...context, values: values as Values<Options>, parameters: positionals })
    }
  }
}

function parseArguments(args: readonly string[], options: OptionDescriptions) {
  try {
    return parseArgs({
      args: [...args],
      options: { ...options, ...EVERYWHERE },
      allowPositionals: true
    })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined || !code.startsWith('ERR_PARSE_ARGS_')) throw error
    // The rest of the message is advice that does not help with a misspelt option.
    const [, name] = /^Unknown option '([^']*)'/.exec(message) ?? []
    throw new UsageError(name === undefined ? message : describeUnknown(name, options))
  }
}

function describeUnknown(option: string, options: OptionDescriptions): string {
  const known = Object.keys({ ...options, ...EVERYWHERE }).map((name) => `--${name}`)
  const meant = nearest(option, known)
  return meant === undefined
    ? `unknown option ${option}, expected one of ${known.join(', ')}`
    : `unknown option ${option}, did you mean ${meant}?`
}

function assertParameters(found: readonly string[], parameters: readonly string[]): void {
  const missing = parameters.filter((name) => name.startsWith('<'))[found.length]
  if (missing !== undefined) throw new UsageError(`expected ${missing}`)
  const isOpenEnded = parameters.some((name) => name.includes('...'))
  if (!isOpenEnded && found.length > parameters.length) {
    throw new UsageError(`too many arguments, expected ${parameters.join(' ') || 'only options'}`)
  }
}

/**
 * The configuration file that a command works on.
 * @param named the one on the command line, if any
 * @throws UsageError if neither that nor `CFG_FILE` names one
 */
export function configFileOf(named: string | undefined, env: Environment): string {
  const file = named ?? env.CFG_FILE
  if (file === undefined || file === '') {
    throw new UsageError(
      'expected a configuration file, on the command line or in the environment variable CFG_FILE'
    )
  }
  return file
}
