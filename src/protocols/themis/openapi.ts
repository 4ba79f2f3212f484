/** Routes that issue tokens as Themis does: the bare token, and errors as text. */
import type { IssueRouteConfig } from '../issue/settings.ts'
import { clientBody } from '../openapi/client-body.ts'
import { failures, sourceFailures } from '../openapi/failures.ts'
import { NO_SNIFF, withCookie, withHeaders } from '../openapi/headers.ts'
import { type Content, type Operation, type PathItem, secret } from '../openapi/parts.ts'
import { callers } from '../openapi/security.ts'

const TEXT: Content = { 'text/plain': { schema: { type: 'string' } } }
const TOKEN: Content = { 'application/jose': { schema: { type: 'string' } } }

export function describeThemisIssue(
  route: IssueRouteConfig
): Required<Pick<PathItem, 'get' | 'post'>> {
  const get: Operation = {
    summary: 'Issues a token.',
    ...callers(route.auth),
    responses: {
      200: withCookie(secret('The token.', TOKEN), route),
      ...withHeaders(failures(sourceFailures(route), TEXT), NO_SNIFF)
    }
  }
  return { get, post: { ...get, ...clientBody(route.claims, { ...route, mayBeEmpty: true }) } }
}
