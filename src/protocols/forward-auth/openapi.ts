/** The wire format of gates, for OpenAPI. */
import type { CheckRouteConfig } from '../check/settings.ts'
import { failures } from '../openapi/failures.ts'
import { NO_STORE, withHeaders } from '../openapi/headers.ts'
import { headerRef, type Operation } from '../openapi/parts.ts'
import { tokenSecurity } from '../openapi/security.ts'

/** Each proxy treats other statuses in its own way. */
const STATUSES = [401, 403, 503] as const

export function describeForwardAuth(route: CheckRouteConfig): Operation {
  const headers = Object.keys(route.headers ?? {}).map((name) => [name, headerRef('Claim')])
  return {
    summary: 'Decides for a proxy whether a request may pass.',
    description: `Takes any method, also on all paths below this one.${
      route.preflight === 'allow' ? ' CORS preflights pass without a token.' : ''
    }`,
    security: tokenSecurity(route, route.token ?? ['header'], 'get'),
    responses: withHeaders(
      {
        200: { description: 'It may pass.', headers: Object.fromEntries(headers) },
        ...failures(STATUSES, undefined, [401, 403])
      },
      NO_STORE
    )
  }
}
