/** Loads a configuration from a file, or reports all of its problems. */
import { dirname, resolve } from 'node:path'
import { formatPath, type Problem, type Warning } from '../settings/problem.ts'
import { createSecretReader, type SecretReader } from '../settings/secrets.ts'
import { type ReadText, readTextFile, TextFileError } from '../settings/text-file.ts'
import { substituteEnvironment } from './environment.ts'
import { parseForm } from './forms.ts'
import type { Config } from './full-form.ts'
import { valueAt } from './issues.ts'
import { ConfigError, type Origin } from './problems.ts'
import { parseYaml } from './yaml.ts'

/** A configuration together with its full form as written, or converted from the flat form. */
export interface ParsedConfig {
  readonly config: Config
  /** For problems that are found later. */
  readonly origin: Origin
  /** Settings that work but are not advisable, with their lines. */
  readonly warnings: readonly Warning[]
  /** Whether it is in the flat form. */
  readonly isFlat: boolean
  /** Variables are replaced, defaults are not filled in. It contains secrets. */
  readonly written: unknown
  /** The same before variables were replaced, as far as secrets go. */
  readonly unresolved?: unknown
}

export interface LoadedConfig extends ParsedConfig {
  /** Every file that was read, the configuration file first. */
  readonly files: readonly string[]
}

export interface LoadOptions {
  file: string
  env: Readonly<Record<string, string | undefined>>
  /** Called with all files, as soon as they have been read. */
  onFiles?: ((files: readonly string[]) => void) | undefined
  /** Reads the file, and those that it names. Default: from the disk. */
  readText?: ReadText | undefined
}

/**
 * Reads a configuration file.
 * @throws ConfigError with every problem that could be found
 */
export function loadConfig({
  file,
  env,
  onFiles,
  readText = readTextFile
}: LoadOptions): LoadedConfig {
  const path = resolve(file)
  const reader = createSecretReader({ folder: dirname(path), env, readText })
  try {
    const parsed = parseConfig(readConfigText(file, readText), { file, env, reader })
    return { ...parsed, files: [path, ...reader.files] }
  } finally {
    // Missing and wrong files are among them: a change of one may fix the configuration.
    onFiles?.([path, ...reader.files])
  }
}

function readConfigText(file: string, readText: ReadText): string {
  try {
    return readText(resolve(file))
  } catch (error) {
    if (!(error instanceof TextFileError)) throw error
    const message = `cannot read the file (${error.message})`
    throw new ConfigError([{ path: [], message }], { file })
  }
}

interface ParseOptions {
  /** As the user named it. */
  file?: string | undefined
  env: Readonly<Record<string, string | undefined>>
  reader: SecretReader
}

/**
 * Loads a configuration without a file: YAML text, or the data that YAML would give.
 * @param options with its name in problems, where it has one
 * @throws ConfigError with every problem that could be found
 */
export function readConfig(
  source: string | object,
  { file, env }: Pick<LoadOptions, 'env'> & Pick<ParseOptions, 'file'>
): LoadedConfig {
  const reader = createSecretReader({ folder: process.cwd(), env })
  return { ...parseConfig(source, { file, env, reader }), files: [...reader.files] }
}

/**
 * Turns the text of a configuration, or the data that YAML would give, into the configuration, deeply frozen.
 * @throws ConfigError with every problem that could be found
 */
export function parseConfig(
  source: string | object,
  { file, env, reader }: ParseOptions
): ParsedConfig {
  const isText = typeof source === 'string'
  const yaml = parseYaml(isText ? source : JSON.stringify(source))
  const origin: Origin = isText ? { file, lineOf: yaml.lineOf } : { file }
  if (yaml.problems.length > 0) {
    const found = yaml.problems.map(({ line, ...problem }) =>
      isText ? { ...problem, line } : problem
    )
    throw new ConfigError(found, origin)
  }
  const { value, problems } = substituteEnvironment(yaml.value, env)
  const result = parseForm(value, yaml.value, reader)
  const found = result.problems
    .filter((problem) => !isSaid(problem, problems))
    .map((problem) => nameVariable(problem, valueAt(yaml.value, problem.path), env))
  const all = [...problems, ...found]
  if (result.config === undefined || all.length > 0) throw new ConfigError(all, origin)
  const warnings = result.warnings.map((warning) => ({
    ...warning,
    line: origin.lineOf?.(warning.path)
  }))
  const { isFlat, written, unresolved } = result
  return { config: deepFreeze(result.config), isFlat, written, unresolved, origin, warnings }
}

/** A setting whose variable is missing has further problems because of that: the first one is enough. */
function isSaid({ path }: Problem, problems: readonly Problem[]): boolean {
  return problems.some((problem) => formatPath(problem.path) === formatPath(path))
}

/** A value that is a variable of the environment, and nothing else. */
const VARIABLE = /^\$\{(\w+)(?::-[^}]*)?\}$/

/** Where the wrong value of a setting is to be changed, if that is not the file. */
function nameVariable(problem: Problem, written: unknown, env: LoadOptions['env']): Problem {
  const [, name = ''] = (typeof written === 'string' && VARIABLE.exec(written)) || []
  const isValue = /^(?:expected|found) /.test(problem.message)
  if (!isValue || !Object.hasOwn(env, name) || env[name] === '') return problem
  return { ...problem, message: `${problem.message} (environment variable ${name})` }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const item of Object.values(value)) deepFreeze(item)
  }
  return value
}
