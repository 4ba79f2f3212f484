/** Routes that show the claims of a token, unsigned. */

import { clientBody } from '../openapi/client-body.ts'
import { failures, sourceFailures } from '../openapi/failures.ts'
import {
  json,
  type Operation,
  type Parameter,
  type PathItem,
  schemaRef,
  secret
} from '../openapi/parts.ts'
import { withRemoteReplies } from '../openapi/remote-replies.ts'
import { callers } from '../openapi/security.ts'
import { describeParameters } from '../openapi/source-parameters.ts'
import type { ClaimsRouteConfig } from './settings.ts'
import type { ShownClaims } from './sources.ts'

const EXPLAIN: Parameter = {
  name: 'explain',
  in: 'query',
  description:
    '`1` shows for each claim its `value`, the `source` that set it, and which others it `overrides`.',
  required: false,
  schema: { const: '1' }
}

export function describeClaims(
  route: ClaimsRouteConfig,
  { sources, attempts }: ShownClaims
): PathItem {
  const operation: Operation = {
    summary: 'Shows the claims that a token would have, without signing them.',
    ...callers(route.auth),
    parameters: [...describeParameters(sources), ...(route.explain ? [EXPLAIN] : [])],
    responses: {
      200: secret('The claims.', json({ type: 'object' })),
      ...failures(sourceFailures({ ...route, attempts }), json(schemaRef('Error')))
    }
  }
  const get = withRemoteReplies(operation, route, sources)
  return { get, post: { ...get, ...clientBody(sources, { attempts, mayBeEmpty: true }) } }
}
