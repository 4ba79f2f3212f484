/** Revokes one token by its claims: for the holder of the token (RFC 7009), and for a logout. */
import { createCheck } from '../../check/check.ts'
import {
  createVerifiers,
  takesOpaque,
  type VerifierConfig
} from '../../check/verifiers/registry.ts'
import { ServiceError } from '../../errors.ts'
import { withSpan } from '../../operations/tracing.ts'
import type { TraceHeaders } from '../../remote/trace-context.ts'
import type { Services } from '../services.ts'
import { longestToken } from '../token-limits.ts'

/** The `jti` of the revoked token. Undefined where no verifier accepts the token, which counts as revoked (RFC 7009, section 2.2). */
export type RevokeToken = (raw: string, trace?: TraceHeaders) => Promise<string | undefined>

const ALL_KEYS: readonly VerifierConfig[] = [{ keys: 'all' }]

/**
 * Makes the function that revokes tokens. It rejects with a ServiceError: `unsupported_token_type` for a token without a `jti`,
 * `check_unavailable` where the store or a verifier is unavailable, `store_full`.
 * @param verifiers only tokens that one of them verifies are revoked. Default: all keys
 */
export function createRevokeToken(
  { revoke }: Pick<NonNullable<Services['revocation']>, 'revoke'>,
  services: Services,
  verifiers: readonly VerifierConfig[] = ALL_KEYS
): RevokeToken {
  const { limits, tracing } = services
  // The times of a token do not matter here: an expired one needs no entry, and one that is not valid yet does.
  const check = createCheck({
    verifiers: createVerifiers(verifiers, services).map(({ step }) => step),
    takesOpaque: takesOpaque(verifiers),
    requirements: [],
    maxDepth: limits.depth,
    maxTokenLength: longestToken(limits)
  })
  const verify = withSpan('verify', check, tracing)

  async function verifiedClaims(raw: string, trace?: TraceHeaders) {
    try {
      return (await verify(raw, trace)).claims
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'invalid_token') return undefined
      throw error
    }
  }

  return async function revokeToken(raw, trace) {
    const claims = await verifiedClaims(raw, trace)
    if (claims === undefined) return undefined
    const { iss, jti, exp } = claims
    if (typeof jti !== 'string') {
      const found = jti === undefined ? 'no jti' : 'a jti that is not text'
      const message = `Token has ${found}, expected one to revoke it by`
      throw new ServiceError('unsupported_token_type', message, { status: 400 })
    }
    await revoke.token(
      typeof iss === 'string' ? iss : undefined,
      jti,
      typeof exp === 'number' ? exp : undefined
    )
    return jti
  }
}
