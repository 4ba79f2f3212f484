/** From an exchange to the issue pipeline and back: shared by all routes that issue tokens. */
import { type Attempt, type AttemptsConfig, createAttempts } from '../issue/attempts.ts'
import { invalidClaim } from '../issue/claims.ts'
import type { IssueRequest } from '../issue/issue.ts'
import type { IssuedToken } from '../issue/sign.ts'
import type { JsonText } from '../json/json-text.ts'
import { remoteReply } from '../remote/remote-errors.ts'
import { isFormIn, readClientJson } from './client-body.ts'
import type { Answer, Exchange } from './exchange.ts'
import { readForm } from './form.ts'
import { isForm } from './json-body.ts'
import type { CookieConfig } from './route-settings.ts'
import type { Services } from './services.ts'

/**
 * Makes the input of the issue pipeline from a request.
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
      if (body.length > 0) json ??= readClientJson(exchange, body, maxDepth)
      return json
    },
    isForm: () => isFormIn(exchange, exchange.body),
    headers: exchange.headers,
    headerLines: exchange.headerLines,
    parameters() {
      parameters ??= readParameters(exchange)
      return parameters
    },
    variables: () => readVariables(exchange),
    trace: exchange.trace,
    client: exchange.client,
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

/** The router leaves undecodable text unchanged, so that `%ff` would be the same text as `%25ff`. */
function readVariables({ path, variables }: Exchange): ReturnType<IssueRequest['variables']> {
  try {
    decodeURIComponent(path)
  } catch {
    throw invalidClaim('path is not valid UTF-8')
  }
  return variables
}

/**
 * Makes the limit of attempts of a route; undefined where it has none.
 * @param route its path and listener: routes with the same ones share their counts
 */
export function createRouteAttempts(
  { path, on, attempts }: { path: string; on: string; attempts?: AttemptsConfig | undefined },
  { counts, metrics }: Pick<Services, 'counts' | 'metrics'>
): Attempt | undefined {
  if (attempts === undefined) return undefined
  if (counts === undefined) throw new TypeError('expected a store that counts attempts')
  return createAttempts({
    ...attempts,
    counts,
    route: `${on} ${path}`,
    onRejected: (by) => metrics.attemptRejected(path, by)
  })
}

/** Many servers reject header fields over 8 KiB, and a token travels in one. */
const LARGE_TOKEN_LENGTH = 8192

/** The cookie size that every browser accepts: name, value and attributes together (RFC 6265, section 6.1). */
const LARGEST_COOKIE_BYTES = 4096

/** Counts a token, and logs one over 8 KiB by its length, without any part of it, and one that misses its refresh token. */
export function noteIssued(
  { id: requestId, note: { route, traceId } }: Exchange,
  { token: { length }, leftOut }: Pick<IssuedToken, 'token' | 'leftOut'>,
  { metrics, logger }: Pick<Services, 'metrics' | 'logger'>
): void {
  metrics.tokenIssued(route)
  if (length > LARGE_TOKEN_LENGTH) {
    logger.warn({ requestId, traceId, route, length }, 'token over 8 KiB')
  }
  if (leftOut !== undefined) {
    metrics.refreshTokenLeftOut(leftOut)
    logger.warn(
      { requestId, traceId, route, reason: leftOut },
      'token issued without refresh token'
    )
  }
}

/** Adds header fields of remotes to a good answer, for the client. */
export function addPassed(answer: Answer, { note: { passed } }: Exchange): Answer {
  if (passed === undefined) return answer
  const own = [answer.headers['Set-Cookie'] ?? []].flat()
  const names = new Set(own.map(cookieNameOf))
  // Of two cookies of one name, browsers would keep the later one.
  const others = [passed['Set-Cookie'] ?? []].flat().filter((one) => !names.has(cookieNameOf(one)))
  const cookies = [...own, ...others]
  return {
    ...answer,
    headers: { ...answer.headers, ...passed, ...(cookies.length > 0 && { 'Set-Cookie': cookies }) }
  }
}

function cookieNameOf(field: string): string {
  return field.split('=', 1).join().trim()
}

/** Adds the token to an answer as a cookie. */
export type AddCookie = (answer: Answer, issued: IssuedToken) => Answer

/**
 * Makes the function that adds the cookie of a route: Secure, HttpOnly, and kept for as long as the token is valid. It hides the token
 * from the scripts of a browser. The settings ensure that a name with the prefix `__Host-` or `__Secure-` is valid.
 * @param cookie without one, answers stay unchanged
 */
export function createAddCookie(cookie: CookieConfig | undefined): AddCookie {
  if (cookie === undefined) return (answer) => answer
  const writeCookie = createWriteCookie(cookie)

  /** @throws ServiceError `remote_reply` for a cookie that browsers would silently drop */
  return function addCookie(answer, { token, issuedAt, expiresAt }) {
    const value = writeCookie(token, expiresAt - issuedAt)
    if (value.length > LARGEST_COOKIE_BYTES) {
      throw remoteReply(`token makes a cookie of ${value.length} bytes`)
    }
    return { ...answer, headers: { ...answer.headers, 'Set-Cookie': value } }
  }
}

/**
 * Makes the function that writes a cookie of these settings, of ASCII alone (RFC 6265, section 4.1.1).
 * @returns a function of the value, and of the seconds that it is kept: 0 removes it
 */
export function createWriteCookie({
  name,
  sameSite,
  path,
  domain
}: CookieConfig): (value: string, maxAge: number) => string {
  const scope = domain === undefined ? `Path=${path}` : `Path=${path}; Domain=${domain}`
  const attributes = `${scope}; Secure; HttpOnly; SameSite=${sameSite}`
  return (value, maxAge) => `${name}=${value}; Max-Age=${maxAge}; ${attributes}`
}
