/** The errors of routes, as OpenAPI describes them. */
import { type CookieSettings, setsCookie } from '../same-site.ts'
import { type Answer, type Content, headerRef } from './parts.ts'

const DESCRIPTIONS = {
  400: 'The request is not valid.',
  401: 'The caller or the token is not accepted.',
  403: 'The token or the login lacks a right, or the request comes from another site.',
  413: 'The body is larger than the route allows.',
  415: 'The body has a content coding, such as gzip.',
  422: 'The remote rejects the content of the request.',
  429: 'Too many requests, or too many attempts to log in.',
  500: 'An internal error.',
  502: 'The remote rejects the request, or its reply is not valid.',
  503: 'The service is overloaded, or something that it needs is unavailable at the moment.',
  504: 'The remote takes too long.'
} as const

export type FailureStatus = keyof typeof DESCRIPTIONS

/** The errors after which a client may retry. A remote that is down is one of the 502s. */
const TEMPORARY: ReadonlySet<FailureStatus> = new Set([429, 502, 503])

/** The errors for an unknown caller. */
const UNAUTHORIZED: readonly FailureStatus[] = [401]

/**
 * Answers by their statuses.
 * @param content of all of them; none when left out
 * @param challenged those with a challenge: a header that names what is expected
 */
export function failures(
  statuses: readonly FailureStatus[],
  content?: Content,
  challenged = UNAUTHORIZED
): Record<string, Answer> {
  return Object.fromEntries(
    [...new Set(statuses)].map((status) => {
      const headers = {
        ...(TEMPORARY.has(status) && { 'Retry-After': headerRef('RetryAfter') }),
        ...(challenged.includes(status) && { 'WWW-Authenticate': headerRef('Challenge') })
      }
      return [
        status,
        {
          description: DESCRIPTIONS[status],
          ...(Object.keys(headers).length > 0 && { headers }),
          ...(content !== undefined && { content })
        }
      ]
    })
  )
}

/** The settings of any route that its errors depend on. */
interface RouteSettings extends CookieSettings {
  readonly auth?: object | undefined
  readonly limits?: { readonly requests?: number | undefined }
  readonly attempts?: object | undefined
}

/** The errors of every route that reads bodies. */
export function commonFailures(route: RouteSettings): FailureStatus[] {
  const { auth, limits, attempts } = route
  return [
    400,
    413,
    415,
    500,
    ...(auth === undefined ? [] : [401 as const]),
    ...(setsCookie(route) ? [403 as const] : []),
    ...(limits?.requests === undefined && attempts === undefined ? [] : [429 as const])
  ]
}

/** The errors of a route with sources: the route decides how an error of a remote is answered. */
export function sourceFailures(
  route: RouteSettings & { readonly statuses: 'txtoken' | 'relay' }
): FailureStatus[] {
  const own: FailureStatus[] = [...commonFailures(route), 503]
  return route.statuses === 'relay' ? [...own, 401, 403, 422, 429, 502, 504] : own
}

/** The errors of a route that checks tokens. */
export function checkFailures(route: RouteSettings): FailureStatus[] {
  return [...commonFailures(route), 401, 403, 503]
}
