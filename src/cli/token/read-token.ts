/** A token from the command line or, better, from standard input. */
import type { CommandContext } from '../command.ts'

/** Why not as an argument. For the help of the commands. */
export const INPUT_ADVICE =
  'The token comes from standard input, as it is or as {"token":"..."}; an argument would stand in the list of processes and in the history of the shell.'

/** Reads a token, or the answer of a token route with one in it. */
export async function readToken(
  argument: string | undefined,
  { readInput }: CommandContext
): Promise<string> {
  const text = (argument === undefined || argument === '-' ? await readInput() : argument).trim()
  if (!text.startsWith('{')) return text
  try {
    const { token } = JSON.parse(text) as { token?: unknown }
    return typeof token === 'string' ? token : text
  } catch {
    return text
  }
}
