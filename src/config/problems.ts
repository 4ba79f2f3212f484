/** What is wrong with a configuration, told so that its author can mend it in one go. */

/** One thing wrong, and where. The message never holds the value of a secret. */
export interface Problem {
  /** The keys that lead to it, as they stand in the file; empty for the file as a whole. */
  readonly path: readonly PropertyKey[]
  /** What was found and what is expected. */
  readonly message: string
}

/** Thrown when there is no configuration to run with. Carries every problem that could be found at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[], file?: string) {
    super(describeProblems(problems, file))
    this.problems = problems
  }
}

function describeProblems(problems: readonly Problem[], file: string | undefined): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const lines = problems.map(({ path, message }) =>
    path.length === 0 ? `  - ${message}` : `  - ${formatPath(path)}: ${message}`
  )
  return `${count} in ${file ?? 'the configuration'}\n${lines.join('\n')}`
}

const PLAIN_KEY = /^[\w-]+$/

/** Writes a path the way it is read in the file: `routes[0].claims[1].url`. Keys that are no plain words stand in quotes. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const name = String(key)
    if (!PLAIN_KEY.test(name)) return `${text}[${JSON.stringify(name)}]`
    return text === '' ? name : `${text}.${name}`
  }, '')
}
