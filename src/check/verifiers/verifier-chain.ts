/** Verifiers of which a later one is called where an earlier one rejects the token, or is unavailable. */
import { type ErrorCode, ServiceError } from '../../errors.ts'
import type { OpaqueToken, Token } from '../../keys/token.ts'
import type { TraceHeaders } from '../../remote/trace-context.ts'
import type { Verified, Verifier } from '../check.ts'

export interface VerifierChainOptions {
  readonly verifiers: readonly Verifier[]
  /** Whether the next one is called after a rejection. */
  readonly afterRefusal: boolean
  /** Whether the next one is called where one is unavailable. */
  readonly afterUnavailable: boolean
}

/** The errors of earlier verifiers. */
interface Passed {
  readonly rejection?: ServiceError
  readonly unavailable?: ServiceError
}

/**
 * Makes one verifier out of several: it accepts a token as soon as one of them does. Where none does, it fails closed: a verifier
 * that was unavailable might have accepted the token, so that is the error; else it is the last rejection. What a later verifier
 * accepts must not be cached: an earlier one may have another answer next time.
 */
export function createVerifierChain(options: VerifierChainOptions): Verifier {
  const { verifiers, afterRefusal, afterUnavailable } = options
  const passing: readonly ErrorCode[] = [
    ...(afterRefusal ? (['invalid_token'] as const) : []),
    ...(afterUnavailable ? (['check_unavailable'] as const) : [])
  ]

  /** Calls verifiers in turn, from one of them on. Returns a promise only where one of them does. */
  function ask(
    token: Token | OpaqueToken,
    trace: TraceHeaders | undefined,
    from: number,
    passed: Passed
  ): Found {
    const verify = verifiers[from]
    if (verify === undefined) return conclude(passed)

    const next = (also: Passed = {}) => ask(token, trace, from + 1, { ...passed, ...also })
    const take = (verified: Verified | undefined): Found => {
      if (verified === undefined) return next()
      return Object.keys(passed).length > 0 ? { ...verified, isCurrent: undefined } : verified
    }
    const pass = (error: unknown): Found => {
      if (!(error instanceof ServiceError) || !passing.includes(error.code)) throw error
      return next(error.code === 'invalid_token' ? { rejection: error } : { unavailable: error })
    }

    let verified: Found
    try {
      verified = verify(token, trace)
    } catch (error) {
      return pass(error)
    }
    return verified instanceof Promise ? verified.then(take, pass) : take(verified)
  }

  return function verifyInTurn(token, trace) {
    return ask(token, trace, 0, {})
  }
}

type Found = Promise<Verified | undefined> | Verified | undefined

function conclude({ rejection, unavailable }: Passed): undefined {
  if (unavailable !== undefined) throw unavailable
  if (rejection !== undefined) throw rejection
  return undefined
}
