/** Reads the answer of an issue route, in any of the usual forms. */
import { ServiceError } from '../errors.ts'
import { parseToken } from '../keys/token.ts'

/** Why a service has no token. The message holds no address, no API key and nothing of a reply. */
export class ServiceTokenError extends Error {
  override readonly name = 'ServiceTokenError'
  /** The HTTP status of the issuer's answer, if not 200. */
  readonly status: number | undefined

  constructor(message: string, options: { status?: number | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.status = options.status
  }
}

/** Times are seconds; Infinity where there is none. */
export interface TokenReply {
  readonly token: string
  /** The lifetime beside the token in the answer (`expires_in`, RFC 6749, section 5.1). */
  readonly expiresIn: number
}

/** A compact JWS, the only possible bare answer. */
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/
/** What may follow `Bearer` (RFC 6750, section 2.1). */
const BEARER_TOKEN = /^[\w.~+/-]+=*$/
const MAX_DEPTH = 64

/**
 * Takes `{"token"}`, `{"access_token", "expires_in"}`, the `{"jwt"}` of SuperTokens, and a compact JWS by itself.
 * @throws ServiceTokenError for any other text; the message holds nothing of it
 */
export function parseTokenReply(text: string): TokenReply {
  const bare = text.trim()
  if (COMPACT_JWS.test(bare)) return { token: bare, expiresIn: Number.POSITIVE_INFINITY }
  const { token: own, jwt, access_token: access, expires_in: expiresIn } = parseObject(bare)
  const token = access ?? jwt ?? own
  if (typeof token !== 'string' || !BEARER_TOKEN.test(token)) {
    throw new ServiceTokenError('found an answer without a token')
  }
  return { token, expiresIn: toLifetime(expiresIn) }
}

const NUMBER = /^\d+(?:\.\d+)?$/

/** Seconds, which some issuers write in text; null, 0 and -1 are no lifetime. */
function toLifetime(value: unknown): number {
  const seconds = typeof value === 'string' && NUMBER.test(value) ? Number(value) : value
  return isSeconds(seconds) && seconds > 0 ? seconds : Number.POSITIVE_INFINITY
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // The message of the parser quotes the text.
  }
  throw new ServiceTokenError('found an answer that is neither a JSON object nor a token')
}

/**
 * Reads, without verifying it, how long a token is valid from now on: the shorter of `exp` minus `iat`, by the issuer's clock
 * alone, and `exp` minus now, by ours. Infinity for a token that is not a JWT.
 * @param now in seconds since 1970
 */
export function remainingLifetime(token: string, now: number): number {
  const { exp, iat } = readPayload(token)
  if (!isSeconds(exp)) return Number.POSITIVE_INFINITY
  return Math.min(exp - now, isSeconds(iat) ? exp - iat : Number.POSITIVE_INFINITY)
}

function readPayload(token: string): Readonly<Record<string, unknown>> {
  try {
    return parseToken(token, MAX_DEPTH).payload
  } catch (error) {
    if (error instanceof ServiceError) return {}
    throw error
  }
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
