/** Bearer tokens: how a request carries one (RFC 6750, section 2), and the challenge for one that is rejected (section 3). */
import type { ServiceError } from '../errors.ts'

const BEARER = 'bearer'

/**
 * Reads the token from the value of an Authorization header: `Bearer <token>` in any case, or the bare token.
 * @returns undefined where there is none, such as under another scheme
 */
export function readAuthorization(value: string): string | undefined {
  const text = value.trim()
  const space = text.search(/\s/)
  if (space === -1) return text === '' || text.toLowerCase() === BEARER ? undefined : text
  return text.slice(0, space).toLowerCase() === BEARER ? text.slice(space).trim() : undefined
}

/** What an `error_description` must not have in it (RFC 6750, section 3). */
const UNQUOTABLE = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/g

/** The challenge that goes with an error (RFC 6750, section 3). For a request without a token it has no error code. */
export function challengeFor({
  code,
  message,
  scope
}: Pick<ServiceError, 'code' | 'message'> & { readonly scope?: string | undefined }): string {
  switch (code) {
    case 'invalid_token':
    case 'insufficient_scope':
    case 'invalid_request': {
      const description = message.replace(UNQUOTABLE, "'")
      const challenge = `Bearer error="${code}", error_description="${description}"`
      return scope === undefined ? challenge : `${challenge}, scope="${scope}"`
    }
    default:
      return 'Bearer'
  }
}

/** The header fields that an answer with this status needs: a challenge if it is 401 (RFC 9110, section 15.5.2). */
export function challengeOf401(
  status: number,
  error: ServiceError
): Readonly<Record<string, string>> {
  return status === 401 ? { 'WWW-Authenticate': challengeFor(error) } : {}
}
