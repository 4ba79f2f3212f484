/** Routes that show the claims of a token, unsigned. */

import { failures, sourceFailures } from '../openapi/failures.ts'
import {
  json,
  type Operation,
  type Parameter,
  type PathItem,
  schemaRef,
  secret
} from '../openapi/parts.ts'
import { callers } from '../openapi/security.ts'
import type { ClaimsRouteConfig } from './settings.ts'

const EXPLAIN: Parameter = {
  name: 'explain',
  in: 'query',
  description:
    '`1` shows for each claim its `value`, the `source` that set it, and which others it `overrides`.',
  required: false,
  schema: { const: '1' }
}

/** @param parameters what its sources take */
export function describeClaims(
  route: ClaimsRouteConfig,
  parameters: readonly Parameter[]
): PathItem {
  const get: Operation = {
    summary: 'Shows the claims that a token would have, without signing them.',
    ...callers(route.auth),
    parameters: [...parameters, ...(route.explain ? [EXPLAIN] : [])],
    responses: {
      200: secret('The claims.', json({ type: 'object' })),
      ...failures(sourceFailures(route), json(schemaRef('Error')))
    }
  }
  return { get, post: { ...get, requestBody: { content: json({}) } } }
}
