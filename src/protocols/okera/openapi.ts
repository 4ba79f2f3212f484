/** The wire format of Okera, for OpenAPI: what an ODAS expects at its JWT_AUTHENTICATION_SERVER_URL. */
import type { CheckRouteConfig } from '../check/settings.ts'
import { checkFailures, failures } from '../openapi/failures.ts'
import { NO_STORE, withHeaders } from '../openapi/headers.ts'
import { json, type Operation, schemaRef, secret } from '../openapi/parts.ts'
import { tokenBody, tokenSecurity } from '../openapi/security.ts'

export function describeOkera(route: CheckRouteConfig): Operation {
  const places = route.token ?? (['header'] as const)
  return {
    summary: 'Checks a token, and shows its claims.',
    security: tokenSecurity(route, places, 'post'),
    ...tokenBody(places),
    responses: withHeaders(
      {
        200: secret('The claims of the token.', json({ type: 'object', required: ['sub'] })),
        ...failures(checkFailures(route), json(schemaRef('OauthError')), [401, 403])
      },
      NO_STORE
    )
  }
}
