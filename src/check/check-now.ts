/** Checks that need no wait: of tokens that were verified before, and of those that a secret of our own verifies. */
import { parseToken, type Token } from '../keys/token.ts'
import type { CheckedToken, Requirement, Verified } from './check.ts'
import type { CheckCache, Remembered } from './check-cache.ts'

/** Checks a token without a wait. Undefined where that cannot be done, or where it is not good: then ask the pipeline. */
export type CheckNow = (raw: string) => CheckedToken | undefined

/** Verifies a token without a wait. Undefined, or a throw, where that cannot be done, or where it is not good. */
export type VerifyNow = (token: Token) => Verified | undefined

/** All as in the pipeline that it stands in for. */
export interface CheckNowOptions {
  /** Left out where only the pipeline can verify a token. */
  readonly verify?: VerifyNow | undefined
  readonly requirements: readonly Requirement[]
  readonly maxDepth: number
  readonly maxTokenLength: number
  readonly cache?: CheckCache | undefined
}

/** Makes the check. What it says yes to, the pipeline that it stands in for would say yes to as well. */
export function createCheckNow(options: CheckNowOptions): CheckNow {
  const { verify, requirements, maxDepth, maxTokenLength, cache } = options

  function verifyAnew(raw: string): Remembered | undefined {
    if (verify === undefined) return undefined
    const token = parseToken(raw, maxDepth, maxTokenLength)
    const verified = verify(token)
    if (verified === undefined) return undefined
    return { verified, checked: { token, claims: verified.claims, claimsText: token.payloadText } }
  }

  return function checkNow(raw) {
    const known = cache?.find(raw)
    try {
      const found = known ?? verifyAnew(raw)
      if (found === undefined) return undefined
      for (const require of requirements) require(found.verified)
      if (known === undefined) cache?.keep(found)
      return found.checked
    } catch {
      return undefined
    }
  }
}
