/** A configuration file becomes a configuration, or a list of everything that is wrong with it. */
import { dirname, resolve } from 'node:path'
import { findKeyProblems } from '../keys/create-key-sources.ts'
import type { KeyConfig } from '../keys/settings.ts'
import { formatPath, type Problem } from '../settings/problem.ts'
import { createSecretReader, type SecretReader } from '../settings/secrets.ts'
import { readTextFile, TextFileError } from '../settings/text-file.ts'
import { substituteEnvironment } from './environment.ts'
import { createFlatSchema, toFullForm } from './flat-form.ts'
import { type Config, createFullSchema } from './full-form.ts'
import { describeIssues, valueAt } from './issues.ts'
import { parsePartly } from './partly.ts'
import { ConfigError, type Origin } from './problems.ts'
import { findFlatProblems, findFullProblems } from './rules/find-problems.ts'
import { parseYaml } from './yaml.ts'

export interface LoadedConfig {
  readonly config: Config
  /** Every file that it was made from, the configuration file first. */
  readonly files: readonly string[]
  /** For what is found to be wrong later. */
  readonly origin?: Origin | undefined
}

interface LoadOptions {
  file: string
  env: Readonly<Record<string, string | undefined>>
  /** Told every file that was asked for, as soon as they have been read. */
  onFiles?: ((files: readonly string[]) => void) | undefined
}

/**
 * Reads a configuration file.
 * @throws ConfigError with every problem that could be found
 */
export function loadConfig({ file, env, onFiles }: LoadOptions): LoadedConfig {
  const path = resolve(file)
  const reader = createSecretReader({ folder: dirname(path), env })
  try {
    const { config, origin } = parseWhole(readConfigText(file), { file, env, reader })
    return { config, origin, files: [path, ...reader.files] }
  } finally {
    // Files that are missing or wrong are among them: a change of these may be what fixes it.
    onFiles?.([path, ...reader.files])
  }
}

function readConfigText(file: string): string {
  try {
    return readTextFile(resolve(file))
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
export function loadWrittenConfig({ file, env }: Omit<LoadOptions, 'onFiles'>): WrittenConfig {
  const reader = createSecretReader({ folder: dirname(resolve(file)), env })
  return parseWhole(readConfigText(file), { file, env, reader })
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
  const result = parseTree(value, reader)
  const all = [...problems, ...result.problems.filter((problem) => !isSaid(problem, problems))]
  if (result.config === undefined || all.length > 0) throw new ConfigError(all, origin)
  return { config: deepFreeze(result.config), written: result.written, origin }
}

interface ParseResult {
  readonly config?: Config | undefined
  readonly written?: unknown
  readonly problems: readonly Problem[]
}

type FlatSchema = ReturnType<typeof createFlatSchema>
type FullSchema = ReturnType<typeof createFullSchema>

/** Reads the form that knows more of the keys; the flat one where both know as many. */
function parseTree(tree: unknown, reader: SecretReader): ParseResult {
  const flat = createFlatSchema(reader)
  const full = createFullSchema(reader)
  return countKnown(tree, flat) < countKnown(tree, full)
    ? parseFull(tree, full)
    : parseFlat(tree, flat, full)
}

function countKnown(tree: unknown, { shape }: FlatSchema | FullSchema): number {
  if (typeof tree !== 'object' || tree === null) return 0
  return Object.keys(tree).filter((key) => Object.hasOwn(shape, key)).length
}

function parseFlat(tree: unknown, schema: FlatSchema, full: FullSchema): ParseResult {
  const { data: flat, error } = schema.safeParse(tree)
  const found = findFlatProblems({ value: parsePartly(schema, tree), written: tree, path: [] })
  const problems = [...describeIssues(error?.issues ?? [], tree), ...found]
  if (flat === undefined) return { problems }
  const written = toFullForm(flat)
  const config = full.parse(written)
  const unfit = findKeyProblems(config.keys).map(({ message }) => ({ path: ['encKey'], message }))
  return { config, written, problems: [...problems, ...unfit] }
}

function parseFull(tree: unknown, schema: FullSchema): ParseResult {
  const { data: config, error } = schema.safeParse(tree)
  const keys = config?.keys ?? readEachKey(tree, schema)
  const found = findFullProblems({ value: parsePartly(schema, tree), written: tree, path: [] })
  const problems = [
    ...describeIssues(error?.issues ?? [], tree),
    ...found,
    ...findKeyProblems(keys)
  ]
  return { config, written: tree, problems }
}

/** Keys may be judged by themselves, whatever is wrong elsewhere. Undefined stands for one that cannot be read. */
function readEachKey(tree: unknown, { shape }: FullSchema): readonly (KeyConfig | undefined)[] {
  const entries = valueAt(tree, ['keys'])
  return Array.isArray(entries)
    ? entries.map((entry) => shape.keys.safeParse([entry]).data?.[0])
    : []
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
