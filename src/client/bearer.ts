/** Shared by all adapters: a request has a valid token, or gets an answer by RFC 6750. */
import type { VerifiedClaims } from '../keys/token.ts'
import { challengeFor, readAuthorization } from '../protocols/bearer-token.ts'
import type { TokenChecker } from './token-checker.ts'
import { TokenError } from './token-error.ts'

/** The answer to a rejected request. */
interface ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: { readonly error: string }
}

export type RequestCheck =
  | { readonly claims: VerifiedClaims; readonly errorAnswer?: never }
  | { readonly claims?: never; readonly errorAnswer: ErrorAnswer }

/**
 * Checks the token of a request.
 * @param authorization the value of its Authorization header
 */
export async function checkRequest(
  { check }: Pick<TokenChecker, 'check'>,
  authorization: string | undefined
): Promise<RequestCheck> {
  try {
    return { claims: await check(readAuthorization(authorization ?? '')) }
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    return { errorAnswer: describeError(error) }
  }
}

/** A challenge is about the token (RFC 6750, section 3); a token that cannot be checked now gets none. */
function describeError(error: TokenError): ErrorAnswer {
  return {
    status: error.status,
    headers: error.status === 503 ? {} : { 'WWW-Authenticate': challengeFor(error) },
    body: { error: error.message }
  }
}
