/** Token introspection (RFC 7662), for OpenAPI. */
import type { CheckRouteConfig } from '../check/settings.ts'
import { commonFailures, failures } from '../openapi/failures.ts'
import { NO_STORE, withHeaders } from '../openapi/headers.ts'
import { fields, form, json, type Operation, schemaRef, secret } from '../openapi/parts.ts'
import { text } from '../openapi/schemas.ts'
import { clientFields, oauthCallers, PASTE, PASTED } from '../openapi/security.ts'

export function describeIntrospection(route: CheckRouteConfig): Operation {
  return {
    summary: 'Shows whether a token is active (RFC 7662).',
    ...oauthCallers(route.auth),
    requestBody: {
      description: PASTE,
      required: true,
      content: form(
        fields({ token: 'The token.', token_type_hint: 'Ignored.', ...clientFields(route.auth) }, [
          'token'
        ]),
        { token: PASTED }
      )
    },
    responses: withHeaders(
      {
        200: secret('Its claims, or that it is not active.', json(schemaRef('Introspection'))),
        ...failures([...commonFailures(route), 503], json(schemaRef('OauthError')))
      },
      NO_STORE
    )
  }
}

export const SCHEMAS = {
  Introspection: {
    type: 'object',
    required: ['active'],
    properties: { active: { type: 'boolean' }, token_type: { const: 'Bearer' }, scope: text }
  }
}
