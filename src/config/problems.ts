/** What is wrong with a configuration, told so that its author can mend it in one go. */

import { formatPath, type Problem } from '../settings/problem.ts'

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
