/** Routes of the protocol txtoken that issue tokens. */
import type { IssueRouteConfig } from '../protocols/issue/settings.ts'
import { failures, sourceFailures } from './failures.ts'
import { withCookie } from './headers.ts'
import { json, type Operation, schemaRef, secret } from './openapi.ts'
import { callers } from './security.ts'

export function describeTxtokenIssue(route: IssueRouteConfig): Operation {
  return {
    summary: 'Issues a token.',
    description: 'The body may be any JSON, whatever its Content-Type says.',
    ...callers(route.auth),
    requestBody: { required: true, content: json({}) },
    responses: {
      200: withCookie(secret('The token.', json(schemaRef('IssuedToken'))), route),
      ...failures(sourceFailures(route), json(schemaRef('IssueError')))
    }
  }
}
