/** The error of a token that a service must not accept. */
import { checkUnavailable, ServiceError } from '../errors.ts'

/** The codes of RFC 6750, section 3.1, and two further ones: the first and the last. */
const STATUSES = {
  missing_token: 401,
  invalid_token: 401,
  insufficient_scope: 403,
  check_unavailable: 503
} as const

export type TokenErrorCode = keyof typeof STATUSES

interface TokenErrorOptions {
  readonly reason: string
  readonly scope?: string | undefined
  readonly cause?: unknown
}

/** A token that is not accepted. The message may be sent to the client; the cause may not. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly code: TokenErrorCode
  /** The status to answer: 401 or 403; 503 where the token cannot be checked now. */
  readonly status: 401 | 403 | 503
  /** One word for logs and metrics: `expired`, `signature`, `audience` and the like. */
  readonly reason: string
  /** The scopes that are missing, separated by spaces. */
  readonly scope: string | undefined

  constructor(code: TokenErrorCode, message: string, { reason, scope, cause }: TokenErrorOptions) {
    super(message, { cause })
    this.code = code
    this.status = STATUSES[code]
    this.reason = reason
    this.scope = scope
  }
}

/** After any error of a check, expected or not, the token is not accepted. */
export function toTokenError(error: unknown): TokenError {
  if (error instanceof TokenError) return error
  if (error instanceof ServiceError) {
    const { code, message, reason = code, scope, cause } = error
    if (isTokenErrorCode(code)) return new TokenError(code, message, { reason, scope, cause })
  }
  const { code, message } = checkUnavailable(error)
  return new TokenError('check_unavailable', message, { reason: code, cause: error })
}

function isTokenErrorCode(code: string): code is TokenErrorCode {
  return Object.hasOwn(STATUSES, code)
}
