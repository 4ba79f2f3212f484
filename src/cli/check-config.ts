/** `check-config`: says whether the service would start with a configuration. */
import { loadConfig } from '../config/load.ts'
import { configFileOf, type Environment } from './command.ts'

/** @throws ConfigError with every problem */
export function checkConfig(env: Environment): void {
  const file = configFileOf(env)
  loadConfig({ file, env })
  process.stdout.write(`${file} is good\n`)
}
