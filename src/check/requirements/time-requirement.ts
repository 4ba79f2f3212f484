/** The times of a token: when it begins, when it ends, and how old it may become. */
import { invalidToken } from '../../errors.ts'
import type { Requirement } from '../check.ts'

export interface TimeOptions {
  /** Clock difference that is forgiven, in seconds. Default 0. */
  readonly skewSeconds?: number | undefined
  /** Whether a token has to have an end. Default false. */
  readonly requireExp?: boolean | undefined
  /** The oldest that a token may be, from its `iat` on. Default: as old as its `exp` lets it become. */
  readonly maxAgeSeconds?: number | undefined
}

/** `iat` has whole seconds as a rule, and clocks of machines side by side differ by less. */
const LEAST_FUTURE_SECONDS = 1

/**
 * The token is in its time: `nbf` has come, `exp` has not, and `iat` is not to come (RFC 7519, sections 4.1.4 to 4.1.6).
 * @param now the clock, in milliseconds since 1970
 */
export function createTimeRequirement(now: () => number, options: TimeOptions = {}): Requirement {
  const { skewSeconds = 0, requireExp = false, maxAgeSeconds } = options

  return function isInItsTime({ claims: { exp, nbf, iat } }) {
    const seconds = now() / 1000
    if (exp !== undefined && seconds - skewSeconds >= numericDate('exp', exp)) {
      throw invalidToken('Token is expired', 'expired')
    }
    if (nbf !== undefined && seconds + skewSeconds < numericDate('nbf', nbf)) {
      throw invalidToken('Token is not valid yet', 'not_yet')
    }
    if (
      iat !== undefined &&
      numericDate('iat', iat) - seconds >= skewSeconds + LEAST_FUTURE_SECONDS
    ) {
      throw invalidToken('Token is issued in the future', 'future')
    }
    if (exp === undefined && requireExp) throw invalidToken('Token has no exp', 'no_exp')
    if (maxAgeSeconds === undefined) return
    if (iat === undefined) throw invalidToken('Token has no iat', 'no_iat')
    if (seconds - numericDate('iat', iat) > maxAgeSeconds + skewSeconds) {
      throw invalidToken('Token is too old', 'too_old')
    }
  }
}

/** `1e400` reads as Infinity: a token without an end, which nobody means. */
function numericDate(name: 'exp' | 'nbf' | 'iat', value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw invalidToken(`Token has an ${name} that is no number`, 'malformed')
}
