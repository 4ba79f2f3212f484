/** Commands as written on a documentation page, run one after the other in one shell. @needs curl openssl */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const MARK = '\u001e'

/**
 * Runs commands, which may use variables of earlier ones.
 * @returns the output of each
 */
export async function runCommands(
  commands: readonly string[],
  options: { readonly cwd: string }
): Promise<string[]> {
  // Background processes of a command end with the shell.
  const begin = `trap 'kill $(jobs -p) 2>/dev/null' EXIT\n`
  const script = begin + commands.join(`\nprintf '${MARK}'\n`)
  const { stdout } = await execute('bash', ['-c', script], options)
  return stdout.split(MARK).map((text) => text.trimEnd())
}
