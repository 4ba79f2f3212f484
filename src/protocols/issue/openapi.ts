/** Routes that issue tokens, and those that exchange refresh tokens, for OpenAPI. */
import { fields, form, json, type Operation, type PathItem, type Paths } from '../openapi/parts.ts'
import { withRemoteReplies } from '../openapi/remote-replies.ts'
import { describeParameters } from '../openapi/source-parameters.ts'
import type { IssueRouteConfig } from './settings.ts'

const TOKEN = fields({ refresh_token: 'The refresh token.' }, ['refresh_token'])
const GRANT = fields({ grant_type: '`refresh_token`.', refresh_token: 'The refresh token.' }, [
  'refresh_token'
])

/** @param item the operations of the issue route in its wire format */
export function describeIssuing(route: IssueRouteConfig, item: PathItem): Paths {
  const { issue, claims, refresh } = route
  const parameters = describeParameters(claims)
  const operations = Object.entries(item).map(([method, operation]) => [
    method,
    { ...withRemoteReplies(operation, route, claims), parameters }
  ])
  const described: PathItem = Object.fromEntries(operations)
  return {
    [issue]: described,
    ...(refresh !== undefined &&
      described.post !== undefined && {
        [refresh.route]: { post: describeRefresh(described.post) }
      })
  }
}

/** A refresh route answers as its issue route does. */
function describeRefresh(issuing: Operation): Operation {
  return {
    ...issuing,
    summary: 'Exchanges a refresh token for new tokens. It can be used once.',
    description: 'The body is a form or JSON, whatever its Content-Type.',
    requestBody: { required: true, content: { ...form(GRANT), ...json(TOKEN) } }
  }
}
