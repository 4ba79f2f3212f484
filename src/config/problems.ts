/** The problems of a configuration, in words that let its author fix all of them at once. */
import { formatPath, type Problem } from '../settings/problem.ts'

/** Where a configuration was written. */
export interface Origin {
  /** As the user named it. Left out where there is no file. */
  readonly file?: string | undefined
  /** The line of a setting, or of the map or list that lacks it. Left out where the configuration is not text. */
  readonly lineOf?: ((path: Problem['path']) => number) | undefined
}

/** Thrown for an invalid configuration. It has every problem that could be found at once, in the order of their lines. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[], origin: Origin = {}) {
    const placed = problems.map((problem) => addLine(problem, origin))
    placed.sort((one, other) => (one.line ?? 0) - (other.line ?? 0))
    super(describeProblems(placed, origin.file))
    this.problems = placed
  }
}

function addLine(problem: Problem, { lineOf }: Origin): Problem {
  return problem.line !== undefined || lineOf === undefined
    ? problem
    : { ...problem, line: lineOf(problem.path) }
}

function describeProblems(problems: readonly Problem[], file: string | undefined): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const lines = problems.map((problem) => `  - ${describeProblem(problem, file)}`)
  return `${count} in ${file ?? 'the configuration'}\n${lines.join('\n')}`
}

/** One line with the place, the setting and the problem. */
export function describeProblem(
  { path, message, line }: Problem,
  file: string | undefined
): string {
  const place = path.length === 0 ? '' : `${formatPath(path)}: `
  return `${describeLine(line, file)}${place}${message}`
}

/** With a file in the form that editors and terminals open at a click. */
function describeLine(line: number | undefined, file: string | undefined): string {
  if (line === undefined) return ''
  return file === undefined ? `line ${line}: ` : `${file}:${line}: `
}
