/** Configurations from text, without a file. */
import type { ExecutionContext } from 'ava'
import type { Config } from '../../src/config/full-form.ts'
import { type LoadedConfig, parseConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'
import { formatPath } from '../../src/settings/problem.ts'
import { createSecretReader } from '../../src/settings/secrets.ts'

interface TextOptions {
  env?: Record<string, string>
  /** Where relative paths in it start. */
  folder?: string
}

/** Loads a configuration given as YAML, or as data. */
export function parse(
  config: string | object,
  { env = {}, folder = '/' }: TextOptions = {}
): Config {
  const text = typeof config === 'string' ? config : JSON.stringify(config)
  return parseConfig(text, { env, reader: createSecretReader({ folder, env }) }).config
}

/** A configuration without a file. */
export function asLoaded(config: Config): LoadedConfig {
  return { config, files: [], origin: {}, warnings: [], isFlat: false, written: {} }
}

/** The problems of a configuration, as `path: message`. */
export function problemsOf(
  t: ExecutionContext,
  config: string | object,
  options?: TextOptions
): string[] {
  const error = t.throws(() => parse(config, options), { instanceOf: ConfigError })
  return (error?.problems ?? []).map(({ path, message }) =>
    path.length === 0 ? message : `${formatPath(path)}: ${message}`
  )
}
