/** The JWT recipe of the SuperTokens core, and the versions of its interface. */

import { failures, sourceFailures } from '../openapi/failures.ts'
import { NO_SNIFF, withCookie, withHeaders } from '../openapi/headers.ts'
import { type Content, json, type Paths, schemaRef, secret } from '../openapi/parts.ts'
import { compactJws, object, texts } from '../openapi/schemas.ts'
import { callers } from '../openapi/security.ts'
import type { SupertokensRouteConfig } from './settings.ts'

const TEXT: Content = { 'text/html': { schema: { type: 'string' } } }

/** @param versionPath where the versions are */
export function describeSupertokens(
  { issue, auth, limits, lifetime, cookie }: SupertokensRouteConfig,
  versionPath: string
): Paths {
  const request = {
    type: 'object',
    required: ['algorithm', 'payload', 'jwksDomain', 'validity'],
    properties: {
      algorithm: {
        type: 'string',
        description: '`RS256`; any other gets a status of its own in the body.'
      },
      payload: { type: 'object', description: 'The claims.' },
      jwksDomain: { type: 'string', description: 'The `iss` where the payload has none.' },
      validity: {
        type: 'integer',
        minimum: 1,
        maximum: lifetime,
        description: 'In seconds.'
      },
      useStaticSigningKey: { type: 'boolean', default: true }
    }
  }
  return {
    [issue]: {
      post: {
        summary: 'Issues a token, as the JWT recipe of SuperTokens does.',
        ...callers(auth),
        requestBody: { required: true, content: json(request) },
        responses: {
          200: withCookie(
            secret(
              'The token, or that the algorithm is not supported.',
              json(schemaRef('SupertokensJwt'))
            ),
            { cookie }
          ),
          ...withHeaders(
            failures(sourceFailures({ auth, limits, statuses: 'txtoken' }), TEXT),
            NO_SNIFF
          )
        }
      }
    },
    [versionPath]: {
      get: {
        summary: 'The versions of the interface that are spoken.',
        responses: { 200: secret('The versions.', json(schemaRef('SupertokensVersions'))) }
      }
    }
  }
}

export const SCHEMAS = {
  SupertokensJwt: {
    oneOf: [
      object({ status: { const: 'OK' }, jwt: compactJws }),
      object({ status: { const: 'UNSUPPORTED_ALGORITHM_ERROR' } })
    ]
  },
  SupertokensVersions: object({ versions: texts })
}
