/** Bearer tokens in requests (RFC 6750, section 2), and the challenge for a rejected one (section 3). */
import { trimBlanks } from '../blanks.ts'
import type { ServiceError } from '../errors.ts'

const BEARER = 'bearer'

/**
 * Reads the token from the value of an Authorization header: `Bearer <token>` in any case, or the bare token.
 * @returns undefined where there is none, such as under another scheme
 */
export function readAuthorization(value: string): string | undefined {
  const text = trimBlanks(value)
  const blank = text.search(/[ \t]/)
  if (blank === -1) return text === '' || text.toLowerCase() === BEARER ? undefined : text
  return text.slice(0, blank).toLowerCase() === BEARER ? trimBlanks(text.slice(blank)) : undefined
}

/** A parameter of a scheme (RFC 9110, section 11.2), up to its comma. Elements of the list may be empty. */
const AUTH_PARAMETER =
  /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+)))?[ \t]*(,|$)/y
/** No client sends as many, and a header has room for thousands. */
const MOST_PARAMETERS = 16
const TOKEN_VALUE = /^[^\s",;\\]+$/

/** The one parameter `token` of a list, as in Rails: `Token token="...", nonce="..."`. Undefined for anything else. */
function tokenParameterOf(credentials: string): string | undefined {
  let token: string | undefined
  AUTH_PARAMETER.lastIndex = 0
  for (let count = 0; count < MOST_PARAMETERS; count++) {
    const [, name = '', quoted, plain = '', end] = AUTH_PARAMETER.exec(credentials) ?? []
    if (end === undefined) return undefined
    if (name.toLowerCase() === 'token') {
      const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain
      if (token !== undefined || !TOKEN_VALUE.test(value)) return undefined
      token = value
    }
    if (end === '') return token
  }
  return undefined
}

/**
 * Reads the token from the value of an Authorization header that has it under another scheme, such as `JWT <token>` or
 * `Token token="<token>", nonce="<nonce>"`.
 * @param scheme in lower case; the header may have it in any case (RFC 9110, section 11.1)
 * @returns undefined under any other scheme
 */
export function readUnderScheme(value: string, scheme: string): string | undefined {
  const text = trimBlanks(value)
  const blank = text.search(/[ \t]/)
  if (blank === -1 || text.slice(0, blank).toLowerCase() !== scheme) return undefined
  const credentials = trimBlanks(text.slice(blank))
  return tokenParameterOf(credentials) ?? credentials
}

/** Characters that an `error_description` must not contain (RFC 6750, section 3). */
const UNQUOTABLE = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/g

/** The challenge of an error (RFC 6750, section 3). For a request without a token it has no error code. */
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
