/** The parts of every command: its help, its options, and the function that runs it. */
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

/** The outside world of a command. */
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
  /** The name of its value in the help: `FILE`. Of a few fixed values, all of them: `pem|jwk`. */
  readonly value?: string
  /** Its fixed values, where they are too many for the help. */
  readonly values?: readonly string[]
  readonly description: string
}

/** The other way to write the `[FILE]` of a command that works on a configuration. */
const configOption = {
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

/** One parsed call of a command. */
interface Call<Options> extends CommandContext {
  readonly values: Values<Options>
  readonly parameters: readonly string[]
}

/** The content of the help of a command. */
export interface CommandHelp {
  /** Its parameters: `<user>` is required, `[FILE]` is optional, `[<group>...]` may occur many times, and `<bash|zsh>` is one of these words. */
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

type ConfigOptions<Options> = Options & { readonly config: typeof configOption }

/** One parsed call of a command that works on a configuration. */
interface ConfigCall<Options> extends Omit<Call<Options>, 'parameters'> {
  /** The configuration file on the command line, if there is one: {@link configFileOf} has the one to use. */
  readonly named: string | undefined
}

interface ConfigCommandOptions<Options extends OptionDescriptions>
  extends Omit<CommandOptions<Options>, 'parameters' | 'run'> {
  readonly run: (call: ConfigCall<Options>) => Outcome
}

/** Makes a command that works on a configuration, which its call names as `FILE` or as `--config FILE`. */
export function createConfigCommand<const Options extends OptionDescriptions>({
  run,
  options,
  ...help
}: ConfigCommandOptions<Options>): Command {
  return createCommand<ConfigOptions<Options>>({
    ...help,
    parameters: ['[FILE]'],
    options: { config: configOption, ...options },
    run: ({ values, parameters: [argument], ...context }) =>
      run({
        ...context,
        values: values as Values<Options>,
        named: oneFileOf(argument, values.config as string | undefined)
      })
  })
}

function parseArguments(args: readonly string[], options: OptionDescriptions) {
  try {
    return parseArgs({
      args: joinDashedValues(args, { ...options, ...EVERYWHERE }),
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

/**
 * Joins a value that begins with a dash to its option: `--kid -1aZ` to `--kid=-1aZ`. One thumbprint in 64 begins like that, and `parseArgs`
 * takes it for options.
 */
function joinDashedValues(
  args: readonly string[],
  options: Readonly<Record<string, Pick<OptionDescription, 'type' | 'short'>>>
): string[] {
  const shorts = Object.values(options).map(({ short }) => `-${short}`)
  const isValue = (text: string) => /^-[^-]/.test(text) && !shorts.includes(text)
  const joined: string[] = []
  for (const arg of args) {
    const before = joined.at(-1) ?? ''
    const takesValue = before.startsWith('--') && options[before.slice(2)]?.type === 'string'
    if (takesValue && isValue(arg) && !joined.includes('--')) joined.push(`${joined.pop()}=${arg}`)
    else joined.push(arg)
  }
  return joined
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

/** @throws UsageError if both name a file */
function oneFileOf(argument: string | undefined, option: string | undefined): string | undefined {
  if (argument !== undefined && option !== undefined) {
    throw new UsageError(`found two configuration files, ${argument} and ${option}, expected one`)
  }
  return argument ?? option
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
