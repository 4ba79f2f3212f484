/** Routes that show the claims of a token, unsigned. */
import type { ClaimsRouteConfig } from '../config/schema/routes/claims.ts'
import { failures, sourceFailures } from './failures.ts'
import { json, type Operation, type PathItem, schemaRef, secret } from './openapi.ts'
import { callers } from './security.ts'

export function describeClaims(route: ClaimsRouteConfig): PathItem {
  const get: Operation = {
    summary: 'Shows the claims that a token would have, without signing them.',
    ...callers(route.auth),
    responses: {
      200: secret('The claims.', json({ type: 'object' })),
      ...failures(sourceFailures(route), json(schemaRef('Error')))
    }
  }
  return { get, post: { ...get, requestBody: { content: json({}) } } }
}
