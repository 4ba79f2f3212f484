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
  // What a command has left in the background ends with the shell.
  const begin = `trap 'kill $(jobs -p) 2>/dev/null' EXIT\n`
  const script = begin + commands.join(`\nprintf '${MARK}'\n`)
  const { stdout } = await execute('bash', ['-c', script], options)
  return stdout.split(MARK).map((text) => text.trimEnd())
}
