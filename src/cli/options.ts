/** Values of options that several commands share. */
import { ALGORITHM_NAMES, parseAlgorithm } from '../keys/algorithms.ts'
import type { Algorithm } from '../keys/key.ts'
import { cleanText } from '../settings/clean-text.ts'
import { DURATION, parseDuration } from '../settings/units.ts'
import { type Environment, UsageError } from './command.ts'

/**
 * Reads the name of an algorithm.
 * @throws UsageError
 */
export function parseAlgorithmOption(text: string): Algorithm {
  const name = ALGORITHM_NAMES.find((known) => known === text)
  if (name === undefined) {
    throw new UsageError(`expected --alg to be one of ${ALGORITHM_NAMES.join(', ')}`)
  }
  return parseAlgorithm(name)
}

const MOST_SECONDS = 100 * 365 * 24 * 3600

/**
 * Reads a lifetime such as `15m` or `30d`.
 * @returns whole seconds
 * @throws UsageError
 */
export function parseLifetimeOption(text: string): number {
  const seconds = DURATION.test(text) ? Math.floor(parseDuration(text) / 1000) : 0
  if (seconds < 1 || seconds > MOST_SECONDS) {
    throw new UsageError(
      'expected --lifetime to be a duration from 1s to 36500d, such as 15m, 12h or 30d'
    )
  }
  return seconds
}

/**
 * Reads a secret from the variable that an option names. On the command line itself, every user of the machine could see it.
 * @throws UsageError
 */
export function readSecretOption(option: string, name: string, env: Environment): string {
  const value = cleanText(env[name] ?? '')
  if (value === '') {
    throw new UsageError(`${option}: environment variable ${name} is not set`)
  }
  return value
}
