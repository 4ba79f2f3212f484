/** Routes that revoke tokens (RFC 7009). */

import { commonFailures, failures } from '../openapi/failures.ts'
import { NO_STORE, withHeaders } from '../openapi/headers.ts'
import { fields, form, json, type Operation, schemaRef } from '../openapi/parts.ts'
import { clientFields, oauthCallers, PASTE, PASTED } from '../openapi/security.ts'
import type { RevokeRouteConfig } from './settings.ts'

const TOKEN = { token: 'The token, or a refresh token.', token_type_hint: 'Ignored.' }
const SUBJECT = {
  sub: 'The subject whose tokens are revoked.',
  iss: 'Their issuer; by default that of this service.'
}
const KEY = { kid: 'The key whose tokens are revoked.' }

export function describeRevoke({ auth }: RevokeRouteConfig): Operation {
  return {
    summary: 'Revokes a token.',
    description: 'A token that no verifier of the route accepts counts as revoked.',
    ...oauthCallers(auth),
    requestBody: {
      description: PASTE,
      required: true,
      content: form(
        auth === undefined
          ? fields(TOKEN, ['token'])
          : {
              oneOf: [
                fields({ ...TOKEN, ...clientFields(auth) }, ['token']),
                fields({ ...SUBJECT, ...clientFields(auth) }, ['sub']),
                fields({ ...KEY, ...clientFields(auth) }, ['kid'])
              ]
            },
        { token: PASTED }
      )
    },
    responses: withHeaders(
      {
        200: { description: 'It is revoked.' },
        ...failures([...commonFailures({ auth }), 503], json(schemaRef('OauthError')))
      },
      NO_STORE
    )
  }
}
