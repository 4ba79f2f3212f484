/** Runs commands of the program in the test's own process: quicker than the built program, and with a clock that can be set. */
import { runCommandLine } from '../../src/cli/run.ts'

interface CommandLineOptions {
  env?: Record<string, string>
  /** The text on standard input. */
  input?: string
  now?: () => number
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** @param args the arguments after the name of the program */
export async function runCommand(args: string[], options: CommandLineOptions = {}): Promise<Ended> {
  const { env = {}, input = '', now = Date.now } = options
  const texts = { stdout: '', stderr: '' }
  const code = await runCommandLine(args, {
    env,
    now,
    readInput: async () => input,
    print(text) {
      texts.stdout += text
    },
    report(message) {
      texts.stderr += `${message}\n`
    }
  })
  return { code, ...texts }
}
