/** Commands as they stand on a page of the documentation, run one after the other in one shell. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const MARK = '\u001e'

/**
 * Runs commands, which may use what those before have set.
 * @returns what each of them printed
 */
export async function runCommands(
  commands: readonly string[],
  options: { readonly cwd: string }
): Promise<string[]> {
  const script = commands.join(`\nprintf '${MARK}'\n`)
  const { stdout } = await execute('bash', ['-c', script], options)
  return stdout.split(MARK).map((text) => text.trimEnd())
}

/** What differs from one run to the next, and a word for it. The longer forms come first. */
const VARYING: readonly (readonly [form: RegExp, word: string])[] = [
  [/[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/g, 'TOKEN'],
  [/(?<=-----BEGIN PUBLIC KEY-----)[^-]+/g, '\nKEY\n'],
  [/(?<![\w-])[\w-]{43}(?![\w-])/g, 'THUMBPRINT'],
  [/(?<=jti: ')[\w-]{22}/g, 'ID'],
  [/\b\d{10}\b/g, 'SECONDS']
]

/** A text without what differs from one run to the next, so that what a page shows can be compared. */
export function maskVarying(text: string): string {
  return VARYING.reduce((masked, [form, word]) => masked.replaceAll(form, word), text)
}
