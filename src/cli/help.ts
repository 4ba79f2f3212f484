/** The texts that `--help` prints. */
import type { CommandHelp, OptionDescriptions } from './command.ts'
import { COMMANDS } from './commands.ts'

/** The help of the program. */
export function writeProgramHelp(): string {
  return [
    'Put a signed, expiring, verifiable JWT in front of any JSON login API.',
    section('Usage', ['txtoken <command> [options]']),
    section(
      'Commands',
      listCommands(() => true)
    ),
    section('Options', [
      ...alignRows([
        ['-h, --help', 'Show this help, or the help of a command'],
        ['--version', 'Print the version']
      ])
    ]),
    section('Examples', [
      'CFG_FILE=txtoken.yml txtoken',
      'txtoken check-config txtoken.yml',
      'txtoken tokens create --help'
    ]),
    'Exit codes: 0 success, 1 failure, 2 wrong usage of the program.'
  ].join('\n\n')
}

/** @param group the first word of commands that have two */
export function writeGroupHelp(group: string): string {
  return [
    section('Usage', [`txtoken ${group} <command> [options]`]),
    section(
      'Commands',
      listCommands((name) => name.startsWith(`${group} `))
    ),
    `'txtoken ${group} <command> --help' shows more about a command.`
  ].join('\n\n')
}

export function writeCommandHelp(name: string, help: CommandHelp): string {
  const { parameters, description, options, examples } = help
  return [
    wrap(description),
    section('Usage', [['txtoken', name, ...parameters, '[options]'].join(' ')]),
    section('Options', alignRows([...listOptions(options), ['-h, --help', 'Show this help']])),
    ...(examples.length === 0 ? [] : [section('Examples', examples)])
  ].join('\n\n')
}

const WIDTH = 90

/** Breaks long lines between words. */
function wrap(text: string): string {
  const lines = new RegExp(`(.{1,${WIDTH}})(?: |$)`, 'g')
  return text.replaceAll(/.+/g, (paragraph) => paragraph.replace(lines, '$1\n').trimEnd())
}

function section(title: string, lines: readonly string[]): string {
  return [`${title}:`, ...lines.map((line) => `  ${line}`)].join('\n')
}

function listCommands(isWanted: (name: string) => boolean): string[] {
  const wanted = COMMANDS.filter(({ name }) => isWanted(name))
  return alignRows(wanted.map(({ name, summary }) => [name, summary]))
}

function listOptions(options: OptionDescriptions): (readonly [string, string])[] {
  return Object.entries(options).map(([name, { short, value, description }]) => {
    const spelling = [...(short === undefined ? [] : [`-${short}`]), `--${name}`].join(', ')
    return [value === undefined ? spelling : `${spelling} ${value}`, description]
  })
}

/** Aligns rows in two columns; the first is as wide as its widest text. */
function alignRows(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`)
}
