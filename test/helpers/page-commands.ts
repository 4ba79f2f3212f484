/** Compares the output of the commands on a documentation page with the text below them. */
import type { ExecutionContext } from 'ava'
import type { CodeBlock } from './documentation.ts'
import { runCommands } from './shell-session.ts'

/** Blocks that are neither commands nor their output. */
const OTHER_CODE: ReadonlySet<string> = new Set(['yaml', 'ts'])

interface PageOptions {
  readonly cwd: string
  /** Replaces values of the page by values of the test: ports, mostly. Default: the unchanged command. */
  readonly place?: (command: string) => string
}

/** Runs the commands among the blocks in one shell. Each prints the block after it, or nothing where there is none. */
export async function compareCommands(
  t: ExecutionContext,
  blocks: readonly CodeBlock[],
  { cwd, place = (command) => command }: PageOptions
): Promise<void> {
  const shown = blocks.filter(({ info }) => !OTHER_CODE.has(info))
  const steps = shown.flatMap((block, index) =>
    block.info === 'sh' ? [{ command: block.text, output: outputOf(shown[index + 1]) }] : []
  )
  t.true(steps.length > 0)
  const printed = await runCommands(
    steps.map(({ command }) => place(command)),
    { cwd }
  )
  for (const [index, { command, output }] of steps.entries()) {
    compareOutput(t, printed[index] ?? '', output, command)
  }
}

function outputOf(block: CodeBlock | undefined): string {
  return block === undefined || block.info === 'sh' ? '' : block.text
}

/** @param shown `...` in it matches anything */
function compareOutput(t: ExecutionContext, printed: string, shown: string, command: string): void {
  const [found, expected] = [maskVarying(printed), maskVarying(shown)]
  if (!expected.includes('...')) t.is(found, expected, command)
  else t.regex(found, toPattern(expected), command)
}

function toPattern(expected: string): RegExp {
  const texts = expected.split('...').map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${texts.join('[^]*?')}$`)
}

/** Patterns of values that differ from run to run, and a word for each. The longer forms come first. */
const VARYING: readonly (readonly [form: RegExp, word: string])[] = [
  [/(?<=-----BEGIN PUBLIC KEY-----)[^-]+/g, '\nKEY\n'],
  [/(?<="n":")[\w-]+(?:\.\.\.)?/g, 'MODULUS'],
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID'],
  [/(?<![\w-])[\w-]{43}(?![\w-])/g, 'DIGEST'],
  [/(?<=jti"?: ?["'])[\w-]{22}/g, 'ID'],
  [/\b\d{13}\b/g, 'MILLISECONDS'],
  [/\b\d{10}\b/g, 'SECONDS']
]

const TOKEN = /\b(eyJ[\w-]+)\.([\w-]+)\.[\w-]+/g

/** A text without values that differ. Tokens are replaced by their content, so that tokens of another version fail. */
function maskVarying(text: string): string {
  const read = text
    .replaceAll('\r\n', '\n')
    .replaceAll(TOKEN, (_all, header, payload) => `eyJ ${decode(header)} ${decode(payload)}`)
  return VARYING.reduce((masked, [form, word]) => masked.replaceAll(form, word), read)
}

function decode(part: string): string {
  return Buffer.from(part, 'base64url').toString()
}
