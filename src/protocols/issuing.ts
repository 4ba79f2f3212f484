/** From an exchange to the issue pipeline and back: what every route that issues tokens does with a request and with a token. */
import { invalidClaim } from '../issue/claims.ts'
import type { IssueRequest } from '../issue/issue.ts'
import type { IssuedToken } from '../issue/sign.ts'
import type { JsonText } from '../json/json-text.ts'
import type { Answer, Exchange } from './exchange.ts'
import { readForm } from './form.ts'
import { isForm, parseJsonBody } from './json-body.ts'
import type { CookieConfig } from './route-settings.ts'
import type { Services } from './services.ts'

/**
 * Makes what the issue pipeline may know of a request.
 * @param body the client's JSON, as the wire format has read it
 * @param maxDepth levels that it may nest
 */
export function createIssueRequest(
  exchange: Exchange,
  body: Uint8Array,
  maxDepth: number
): IssueRequest {
  let parameters: URLSearchParams | undefined
  let json: JsonText | undefined
  return {
    id: exchange.id,
    body,
    json() {
      if (body.length > 0) json ??= parseJsonBody(body, maxDepth)
      return json
    },
    headers: exchange.headers,
    headerLines: exchange.headerLines,
    parameters() {
      parameters ??= readParameters(exchange)
      return parameters
    },
    variables: () => readVariables(exchange),
    trace: exchange.trace,
    certificate: exchange.certificate,
    onAbort: exchange.onClose,
    note: exchange.note,
    limit: {}
  }
}

function readParameters(exchange: Exchange): URLSearchParams {
  const query = new URLSearchParams(exchange.query)
  if (!isForm(exchange)) return query
  return new URLSearchParams([...query, ...readForm(exchange.body)])
}

/** The router leaves what it cannot decode as it is, so that `%ff` would be the same text as `%25ff`. */
function readVariables({ path, variables }: Exchange): ReturnType<IssueRequest['variables']> {
  try {
    decodeURIComponent(path)
  } catch {
    throw invalidClaim('path is not valid UTF-8')
  }
  return variables
}

/** Many servers reject header fields over 8 KiB, and a token travels in one. */
const LARGE_TOKEN_LENGTH = 8192

/** Browsers ignore a cookie whose name and value are longer together (RFC 6265bis, section 5.6). */
const LARGEST_COOKIE_BYTES = 4096

/** Counts a token, and logs one over 8 KiB by its length, without any part of it. */
export function noteIssued(
  { id: requestId, note: { route, traceId } }: Exchange,
  { length }: string,
  { metrics, logger }: Pick<Services, 'metrics' | 'logger'>
): void {
  metrics.tokenIssued(route)
  if (length > LARGE_TOKEN_LENGTH) {
    logger.warn({ requestId, traceId, route, length }, 'token over 8 KiB')
  }
}

/** Adds the token to an answer as a cookie. */
export type AddCookie = (answer: Answer, issued: IssuedToken, exchange: Exchange) => Answer

/**
 * Makes the function that adds the cookie of a route: Secure, HttpOnly, and kept for as long as the token is valid. It hides the token
 * from the scripts of a browser. A name with the prefix `__Host-` or `__Secure-` keeps what it promises: the settings see to that.
 * @param cookie without one, answers stay as they are
 */
export function createAddCookie(
  cookie: CookieConfig | undefined,
  { logger }: Pick<Services, 'logger'>
): AddCookie {
  if (cookie === undefined) return (answer) => answer
  const { name, sameSite, path, domain } = cookie
  const scope = domain === undefined ? `Path=${path}` : `Path=${path}; Domain=${domain}`
  const attributes = `${scope}; Secure; HttpOnly; SameSite=${sameSite}`

  return function addCookie(answer, { token, issuedAt, expiresAt }, exchange) {
    const length = name.length + token.length
    if (length > LARGEST_COOKIE_BYTES) warnOfLargeCookie(exchange, length)
    const value = `${name}=${token}; Max-Age=${expiresAt - issuedAt}; ${attributes}`
    return { ...answer, headers: { ...answer.headers, 'Set-Cookie': value } }
  }

  function warnOfLargeCookie(
    { id: requestId, note: { route, traceId } }: Exchange,
    length: number
  ) {
    logger.warn({ requestId, traceId, route, length }, 'cookie over 4 KiB')
  }
}
