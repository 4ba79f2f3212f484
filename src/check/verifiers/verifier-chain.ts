/** Verifiers of which a later one may have the say where an earlier one refuses, or cannot be asked. */
import { type ErrorCode, ServiceError } from '../../errors.ts'
import type { Verifier } from '../check.ts'

export interface VerifierChainOptions {
  readonly verifiers: readonly Verifier[]
  /** Whether the next one is asked after a refusal. */
  readonly afterRefusal: boolean
  /** Whether the next one is asked where one cannot be asked. */
  readonly afterUnavailable: boolean
}

/**
 * Makes one verifier out of several: it accepts a token as soon as one of them does. Where none does, it fails closed: a verifier
 * that could not be asked might have accepted the token, so that is the answer; else it is the last refusal. What a later verifier
 * accepts is not to be remembered: an earlier one may have another answer next time.
 */
export function createVerifierChain(options: VerifierChainOptions): Verifier {
  const { verifiers, afterRefusal, afterUnavailable } = options
  const passing: readonly ErrorCode[] = [
    ...(afterRefusal ? (['invalid_token'] as const) : []),
    ...(afterUnavailable ? (['check_unavailable'] as const) : [])
  ]

  return async function verifyInTurn(token, trace) {
    let refusal: ServiceError | undefined
    let unavailable: ServiceError | undefined
    let hasPassed = false
    for (const verify of verifiers) {
      try {
        const verified = await verify(token, trace)
        if (verified !== undefined) {
          return hasPassed ? { ...verified, isCurrent: undefined } : verified
        }
      } catch (error) {
        if (!(error instanceof ServiceError) || !passing.includes(error.code)) throw error
        hasPassed = true
        if (error.code === 'invalid_token') refusal = error
        else unavailable = error
      }
    }
    if (unavailable !== undefined) throw unavailable
    if (refusal !== undefined) throw refusal
    return undefined
  }
}
