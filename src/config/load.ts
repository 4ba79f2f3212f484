/** A configuration file becomes a configuration, or a list of everything that is wrong with it. */
import { dirname, resolve } from 'node:path'
import { formatPath, type Problem } from '../settings/problem.ts'
import { createSecretReader, type SecretReader } from '../settings/secrets.ts'
import { type ReadText, readTextFile, TextFileError } from '../settings/text-file.ts'
import { substituteEnvironment } from './environment.ts'
import { parseForm } from './forms.ts'
import type { Config } from './full-form.ts'
import { ConfigError, type Origin } from './problems.ts'
import { parseYaml } from './yaml.ts'

export interface LoadedConfig {
  readonly config: Config
  /** Every file that it was made from, the configuration file first. */
  readonly files: readonly string[]
  /** For what is found to be wrong later. */
  readonly origin?: Origin | undefined
}

export interface LoadOptions {
  file: string
  env: Readonly<Record<string, string | undefined>>
  /** Called with every file that was asked for, as soon as they have been read. */
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
    const { config, origin } = parseWhole(readConfigText(file, readText), {
      file,
      env,
      reader
    })
    return { config, origin, files: [path, ...reader.files] }
  } finally {
    // Files that are missing or wrong are among them: a change of these may be what fixes it.
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
  file?: string
  env: Readonly<Record<string, string | undefined>>
  reader: SecretReader
}

/**
 * Turns the text of a configuration into the configuration, deeply frozen.
 * @throws ConfigError with every problem that could be found
 */
export function parseConfig(text: string, options: ParseOptions): Config {
  return parseWhole(text, options).config
}

/**
 * Takes a configuration that is in no file: YAML text, or the data that YAML would give.
 * @throws ConfigError with every problem that could be found
 */
export function readConfig(
  source: string | object,
  { env }: Pick<LoadOptions, 'env'>
): LoadedConfig {
  const reader = createSecretReader({ folder: process.cwd(), env })
  const { config, origin } = parseWhole(source, { env, reader })
  return { config, origin, files: [...reader.files] }
}

/** A configuration together with the full form that its author wrote, or would have written. */
export interface WrittenConfig extends Pick<LoadedConfig, 'config' | 'origin'> {
  /** Variables are replaced, defaults are not filled in. Has secrets in it. */
  readonly written: unknown
}

/**
 * Reads a configuration file to show it.
 * @throws ConfigError with every problem that could be found
 */
export function loadWrittenConfig({
  file,
  env
}: Omit<LoadOptions, 'onFiles' | 'readText'>): WrittenConfig {
  const reader = createSecretReader({ folder: dirname(resolve(file)), env })
  return parseWhole(readConfigText(file, readTextFile), { file, env, reader })
}

function parseWhole(source: string | object, { file, env, reader }: ParseOptions): WrittenConfig {
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
  const result = parseForm(value, reader)
  const all = [...problems, ...result.problems.filter((problem) => !isSaid(problem, problems))]
  if (result.config === undefined || all.length > 0) throw new ConfigError(all, origin)
  return { config: deepFreeze(result.config), written: result.written, origin }
}

/** A setting whose variable is missing is wrong in every other way too: the first problem is enough. */
function isSaid({ path }: Problem, problems: readonly Problem[]): boolean {
  return problems.some((problem) => formatPath(problem.path) === formatPath(path))
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const item of Object.values(value)) deepFreeze(item)
  }
  return value
}
