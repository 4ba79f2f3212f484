/** The errors of routes, as OpenAPI describes them. */
import { type Answer, type Content, headerRef } from './parts.ts'

const DESCRIPTIONS = {
  400: 'The request is not what is expected.',
  401: 'The caller or the token is not accepted.',
  403: 'The token or the login is not sufficient.',
  413: 'The body is larger than the route takes.',
  415: 'The body is compressed.',
  422: 'The remote rejects the content of the request.',
  429: 'Too many requests.',
  500: 'Something is broken.',
  502: 'The remote rejects the request, or its reply is not valid.',
  503: 'Overloaded, or something that is needed is not available at the moment.',
  504: 'The remote takes too long.'
} as const

export type FailureStatus = keyof typeof DESCRIPTIONS

/** The errors about a caller who is not known. */
const UNAUTHORIZED: readonly FailureStatus[] = [401]

/**
 * Answers by their statuses.
 * @param content that of all of them; none when left out
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
        ...((status === 429 || status === 503) && { 'Retry-After': headerRef('RetryAfter') }),
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
interface RouteSettings {
  readonly auth?: object | undefined
  readonly limits?: { readonly requests?: number | undefined }
}

/** Those of every route that reads bodies. */
export function commonFailures({ auth, limits }: RouteSettings): FailureStatus[] {
  return [
    400,
    413,
    415,
    500,
    ...(auth === undefined ? [] : [401 as const]),
    ...(limits?.requests === undefined ? [] : [429 as const])
  ]
}

/** Those of a route that has sources: the route decides what becomes of an error of a remote. */
export function sourceFailures(
  route: RouteSettings & { readonly statuses: 'txtoken' | 'relay' }
): FailureStatus[] {
  const own: FailureStatus[] = [...commonFailures(route), 503]
  return route.statuses === 'relay' ? [...own, 401, 403, 422, 429, 502, 504] : own
}

/** Those of a route that checks tokens. */
export function checkFailures(route: RouteSettings): FailureStatus[] {
  return [...commonFailures(route), 401, 403, 503]
}
