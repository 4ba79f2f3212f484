/** Token endpoints of OAuth 2.0 (RFC 6749). */
import type { IssueRouteConfig } from '../config/schema/routes/issue.ts'
import { failures, sourceFailures } from './failures.ts'
import { form, json, type Operation, schemaRef, secret } from './openapi.ts'
import { oauthCallers } from './security.ts'

export function describeOauthIssue(route: IssueRouteConfig): Operation {
  return {
    summary: 'Issues an access token.',
    description: 'Takes any JSON, or a form, each of whose fields may stand once.',
    ...oauthCallers(route.auth),
    requestBody: {
      required: true,
      content: {
        ...json({}),
        ...form({ type: 'object', additionalProperties: { type: 'string' } })
      }
    },
    responses: {
      200: secret('The access token.', json(schemaRef('AccessToken'))),
      ...failures(sourceFailures({ ...route, statuses: 'relay' }), json(schemaRef('OauthError')))
    }
  }
}
