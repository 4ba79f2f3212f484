/** The check pipeline: take the token apart, let the verifiers look at it in order, then the requirements. */
import { invalidToken } from '../errors.ts'
import { parseToken, type Token, type VerifiedClaims } from './token.ts'

/** Verifies a token, or answers undefined when the token is not its own. Throws a ServiceError to refuse it. */
export type Verifier = (
  token: Token
) => Promise<VerifiedClaims | undefined> | VerifiedClaims | undefined

/** Throws a ServiceError when verified claims do not meet it. */
export type Requirement = (claims: VerifiedClaims) => void

export interface CheckOptions {
  readonly verifiers: readonly Verifier[]
  readonly requirements: readonly Requirement[]
  /** Levels that the JSON of header and payload may nest. */
  readonly maxDepth: number
}

/**
 * Checks a token.
 * @returns the token, verified and with all requirements met
 * @throws ServiceError for everything else. A refusal ends the check: no weaker verifier is asked after it.
 */
export type Check = (raw: string) => Promise<Token>

export function createCheck({ verifiers, requirements, maxDepth }: CheckOptions): Check {
  return async function check(raw) {
    const token = parseToken(raw, maxDepth)
    for (const verify of verifiers) {
      const claims = await verify(token)
      if (claims === undefined) continue
      for (const require of requirements) require(claims)
      return token
    }
    throw invalidToken('Token is signed with a key or an algorithm that is not accepted', 'key')
  }
}
