/** Errors in the form and the words of OAuth (RFC 6749, section 5.2). */
import type { ErrorCode, ServiceError } from '../errors.ts'
import { type Answer, jsonAnswer, NO_STORE } from './exchange.ts'

/** The words for errors of which the status does not say enough. `unsupported_token_type` is of RFC 7009, section 2.2.1. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  unauthorized_caller: 'invalid_client',
  invalid_grant: 'invalid_grant',
  unsupported_grant_type: 'unsupported_grant_type',
  unsupported_token_type: 'unsupported_token_type'
}

/** Section 4.1.2.1 has a word for what is temporary; section 5.2 has none of its own. */
const TEMPORARY: ReadonlySet<number> = new Set([429, 503])

/**
 * The word of OAuth for an error.
 * @param status that the error is answered with
 */
export function oauthWord({ code }: Pick<ServiceError, 'code'>, status: number): string {
  const word = WORDS[code]
  if (word !== undefined) return word
  if (TEMPORARY.has(status)) return 'temporarily_unavailable'
  return status < 500 ? 'invalid_request' : 'server_error'
}

/** What a description must not hold. */
const UNPRINTABLE = /[^\x20-\x7e]|["\\]/g

/** @param error one of OAuth's words, or another one that the caller knows */
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
