/** What the commands of the program have in common. */

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A mistake in how the program was called. The message says what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * The configuration file that a command is about.
 * @throws UsageError where `CFG_FILE` is not set
 */
export function configFileOf(env: Environment): string {
  const file = env.CFG_FILE
  if (file === undefined || file === '')
    throw new UsageError('expected CFG_FILE to name a configuration file')
  return file
}
