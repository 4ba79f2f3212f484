/** Errors in the format and with the codes of OAuth (RFC 6749, section 5.2). */
import type { ErrorCode, ServiceError } from '../errors.ts'
import { type Answer, jsonAnswer, NO_STORE } from './exchange.ts'

/** The codes of errors that the status does not determine. `unsupported_token_type` is from RFC 7009, section 2.2.1. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  unauthorized_caller: 'invalid_client',
  invalid_grant: 'invalid_grant',
  unsupported_grant_type: 'unsupported_grant_type',
  unsupported_token_type: 'unsupported_token_type'
}

/** Section 4.1.2.1 has codes for temporary errors; section 5.2 has none. */
const TEMPORARY: ReadonlySet<number> = new Set([429, 503])

/**
 * The OAuth code of an error.
 * @param status the status of the answer
 */
export function oauthWord({ code }: Pick<ServiceError, 'code'>, status: number): string {
  const word = WORDS[code]
  if (word !== undefined) return word
  if (TEMPORARY.has(status)) return 'temporarily_unavailable'
  return status < 500 ? 'invalid_request' : 'server_error'
}

/** Characters that a description must not contain. */
const UNPRINTABLE = /[^\x20-\x7e]|["\\]/g

/** @param error one of OAuth's codes, or another one that the caller knows */
export function oauthErrorAnswer(
  error: string,
  { status, message }: Pick<ServiceError, 'status' | 'message'>
): Answer {
  return jsonAnswer(
    status,
    { error, error_description: message.replace(UNPRINTABLE, "'") },
    NO_STORE
  )
}
