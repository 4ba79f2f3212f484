/** Routes that log out, for OpenAPI. */
import { failures } from '../openapi/failures.ts'
import { NO_STORE } from '../openapi/headers.ts'
import { headerRef, json, type Operation, schemaRef } from '../openapi/parts.ts'
import type { LogoutRouteConfig } from './settings.ts'

export function describeLogout({ limits }: LogoutRouteConfig): Operation {
  return {
    summary: 'Logs a browser out.',
    description:
      'Clears the cookie, and revokes the token in it where tokens can be revoked. Also without a cookie.',
    responses: {
      204: {
        description: 'It is logged out.',
        headers: { ...NO_STORE, 'Set-Cookie': headerRef('Cookie') }
      },
      ...failures(
        [400, 403, 500, 503, ...(limits.requests === undefined ? [] : [429 as const])],
        json(schemaRef('Error'))
      )
    }
  }
}
