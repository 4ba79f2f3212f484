/** From a command line to an exit code: finds the command, shows help, and reports errors. */
import { type CommandContext, UsageError } from './command.ts'
import { COMMANDS } from './commands.ts'

const DEFAULT_COMMAND = 'serve'

/** Success; failure; wrong usage of the program. */
export type ExitCode = 0 | 1 | 2

/** Errors whose messages show the user what to do. Any other error is a bug, and its name is shown too. */
const READABLE: ReadonlySet<string> = new Set([
  'CommandError',
  'ConfigError',
  'JwksError',
  'KeyError',
  'ListenError',
  'ProxyVariableError',
  'ServiceError',
  'TracingError',
  'UsageError',
  'WorkerError'
])

/** A command line, split into the name of the command and its arguments. */
interface Chosen {
  /** Undefined if the line names no command, but the program or a group of commands. */
  readonly name: string | undefined
  readonly args: readonly string[]
}

/**
 * Runs the command that the arguments name. Never rejects.
 * @param args the arguments after the name of the program
 */
export async function runCommandLine(
  args: readonly string[],
  context: CommandContext
): Promise<ExitCode> {
  let called = 'txtoken'
  try {
    const help = await findHelp(args)
    if (help !== undefined) {
      context.print(`${help}\n`)
      return 0
    }
    if (optionsOf(args).includes('--version')) {
      const { VERSION } = await import('../version.ts')
      context.print(`${VERSION}\n`)
      return 0
    }
    const { name, args: rest } = choose(args)
    if (isGroup(args[0])) called = `txtoken ${args[0]}`
    if (name === undefined) throw await describeUnknown(args)
    called = `txtoken ${name}`
    const command = await load(name)
    return (await command?.run(rest, context)) ?? 0
  } catch (error) {
    context.report(`${called}: ${describe(error)}`)
    if (!(error instanceof UsageError)) return 1
    context.report(`'${called} --help' shows the usage.`)
    return 2
  }
}

function choose(args: readonly string[]): Chosen {
  const [first, second] = args
  if (first === undefined || first.startsWith('-')) return { name: DEFAULT_COMMAND, args }
  if (isCommand(first)) return { name: first, args: args.slice(1) }
  if (isFileName(first)) return { name: DEFAULT_COMMAND, args }
  const both = `${first} ${second}`
  return isCommand(both) ? { name: both, args: args.slice(2) } : { name: undefined, args }
}

/** No command has a dot or a slash in its name: `txtoken txtoken.yml`. */
function isFileName(text: string): boolean {
  return /[./\\]/.test(text)
}

function isCommand(text: string): boolean {
  return COMMANDS.some(({ name }) => name === text)
}

function isGroup(text: string | undefined): text is string {
  return text !== undefined && COMMANDS.some(({ name }) => name.startsWith(`${text} `))
}

async function load(wanted: string) {
  return COMMANDS.find(({ name }) => name === wanted)?.load()
}

/** The arguments that may be options: those before `--`. */
function optionsOf(args: readonly string[]): readonly string[] {
  return args.includes('--') ? args.slice(0, args.indexOf('--')) : args
}

/** The requested help, by `--help`, `-h` or the word `help`, anywhere on the line. */
async function findHelp(args: readonly string[]): Promise<string | undefined> {
  const options = optionsOf(args)
  const isAsked = options.includes('--help') || options.includes('-h')
  if (!isAsked && args[0] !== 'help') return undefined
  const words = args.filter((arg) => !arg.startsWith('-') && arg !== 'help')
  const { writeCommandHelp, writeGroupHelp, writeProgramHelp } = await import('./help.ts')
  const [first] = words
  if (first === undefined) return writeProgramHelp()
  const { name } = choose(words)
  const command = name === undefined ? undefined : await load(name)
  if (name !== undefined && command !== undefined) return writeCommandHelp(name, command)
  if (isGroup(first)) return writeGroupHelp(first)
  throw await describeUnknown(words)
}

async function describeUnknown([first = '', second]: readonly string[]): Promise<UsageError> {
  const { nearest } = await import('../settings/nearest.ts')
  const names = COMMANDS.map(({ name }) => name)
  const isWithinGroup = isGroup(first)
  const known = isWithinGroup
    ? names
        .filter((name) => name.startsWith(`${first} `))
        .map((name) => name.slice(first.length + 1))
    : [...new Set(names.map((name) => name.split(' ', 1)[0] ?? name))]
  const list = `expected one of ${known.join(', ')}`
  const word = isWithinGroup ? second : first
  if (word === undefined) return new UsageError(`missing command, ${list}`)
  // The word may belong to another group: `token create`.
  const meant =
    nearest(word, known) ?? (isWithinGroup ? nearest(`${first} ${word}`, names) : undefined)
  return new UsageError(
    `unknown command ${word}, ${meant === undefined ? list : `did you mean ${meant}?`}`
  )
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (READABLE.has(error.name)) return error.message
  return `${error.name}: ${error.message} (a bug in txtoken; please report it)`
}
