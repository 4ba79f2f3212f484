/** The refusal of a request that does not say what a claim, or a call for claims, needs. */
import { ServiceError } from '../errors.ts'

/** Tells such refusals from those of a body that is no JSON, which some wire formats have other words for. */
export const CLAIM_REASON = 'claim'

/** @param message what is wrong and what is expected; never a value of the request */
export function invalidClaim(message: string): ServiceError {
  return new ServiceError('invalid_request', message, { status: 400, reason: CLAIM_REASON })
}
