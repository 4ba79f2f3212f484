/** The token endpoint of OAuth 2.0 (RFC 6749), for OpenAPI. */
import type { IssueRouteConfig } from '../issue/settings.ts'
import { type FailureStatus, failures, sourceFailures } from '../openapi/failures.ts'
import { NO_STORE, withCookie, withHeaders } from '../openapi/headers.ts'
import { form, headerRef, json, type Operation, schemaRef, secret } from '../openapi/parts.ts'
import { compactJws, object, refreshToken } from '../openapi/schemas.ts'
import { oauthCallers } from '../openapi/security.ts'

export function describeOauthIssue(route: IssueRouteConfig): Operation {
  return {
    summary: 'Issues an access token.',
    description: 'Takes any JSON, or a form, each of whose fields may be given once.',
    ...oauthCallers(route.auth),
    requestBody: {
      required: true,
      content: {
        ...json({}),
        ...form({ type: 'object', additionalProperties: { type: 'string' } })
      }
    },
    responses: withHeaders(
      {
        200: withCookie(secret('The access token.', json(schemaRef('AccessToken'))), route),
        ...failures(statusesOf(route), json(schemaRef('OauthError')))
      },
      { ...NO_STORE, Pragma: headerRef('NoCache') }
    )
  }
}

/** Credentials that a remote rejects are an invalid grant, which is a 400 (RFC 6749, section 5.2). */
function statusesOf(route: IssueRouteConfig): FailureStatus[] {
  const { auth } = route
  return sourceFailures({ ...route, statuses: 'relay' }).filter(
    (status) => status !== 403 && (status !== 401 || auth !== undefined)
  )
}

export const SCHEMAS = {
  AccessToken: object(
    {
      access_token: compactJws,
      token_type: { const: 'Bearer' },
      expires_in: { type: 'integer', description: 'In seconds.' },
      refresh_token: refreshToken
    },
    ['access_token', 'token_type', 'expires_in']
  )
}
