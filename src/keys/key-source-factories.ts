/** How keys are made that are not in the configuration itself: fetched from elsewhere, or generated. */
import type { Config } from '../config/schema.ts'
import type { Logger } from '../operations/logger.ts'
import type { KeySourceFactories } from './create-key-sources.ts'

export interface KeySourceFactoriesOptions {
  readonly logger: Logger
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

export function createKeySourceFactories(
  _config: Config,
  _options: KeySourceFactoriesOptions
): KeySourceFactories {
  return {
    remote: () => {
      throw new TypeError('not yet')
    },
    generated: () => {
      throw new TypeError('not yet')
    }
  }
}
