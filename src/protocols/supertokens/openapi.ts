/** The JWT recipe of the SuperTokens core, and the paths beside it. */

import { failures, sourceFailures } from '../openapi/failures.ts'
import { ANY_ORIGIN, NO_SNIFF, withCookie, withHeaders } from '../openapi/headers.ts'
import {
  type Content,
  json,
  type Parameter,
  type Paths,
  schemaRef,
  secret
} from '../openapi/parts.ts'
import { compactJws, object, texts } from '../openapi/schemas.ts'
import { callers } from '../openapi/security.ts'
import { describeJwkSet } from '../published-keys/openapi.ts'
import { pathsOf } from './paths.ts'
import type { SupertokensRouteConfig } from './settings.ts'
import { VERSIONS } from './versions.ts'

const TEXT: Content = { 'text/html': { schema: { type: 'string' } } }

const VERSION: Parameter = {
  name: 'cdi-version',
  in: 'header',
  description: 'The version of the interface. Default: the latest.',
  required: false,
  schema: { enum: VERSIONS }
}

/** Each path in one spelling: below the core's default app and tenant is the same. */
export function describeSupertokens({
  issue,
  auth,
  limits,
  lifetime,
  cookie
}: SupertokensRouteConfig): Paths {
  const paths = pathsOf(issue)
  const request = {
    type: 'object',
    required: ['algorithm', 'payload', 'jwksDomain', 'validity'],
    properties: {
      algorithm: {
        type: 'string',
        description: '`RS256`. For any other algorithm, the answer has an error status in its body.'
      },
      payload: { type: 'object', description: 'The claims.' },
      jwksDomain: { type: 'string', description: 'The `iss`, if the payload has none.' },
      validity: {
        type: 'integer',
        minimum: 1,
        maximum: lifetime,
        description: 'In seconds.'
      },
      useStaticSigningKey: {
        type: 'boolean',
        default: true,
        description: 'From version 2.21 of the interface on.'
      }
    }
  }
  const example = {
    algorithm: 'RS256',
    payload: { sub: 'ada@example.com' },
    jwksDomain: 'https://tokens.example.com',
    validity: Math.min(3600, lifetime)
  }
  return {
    [issue]: {
      post: {
        summary: 'Issues a token, as the JWT recipe of SuperTokens does.',
        ...callers(auth),
        parameters: [VERSION],
        requestBody: { required: true, content: json(request, example) },
        responses: {
          200: withCookie(
            secret(
              'The token, or that the algorithm is not supported.',
              json(schemaRef('SupertokensJwt'))
            ),
            { cookie }
          ),
          ...withHeaders(
            failures(sourceFailures({ auth, limits, cookie, statuses: 'txtoken' }), TEXT),
            NO_SNIFF
          )
        }
      }
    },
    [paths.oldJwkSet]: {
      get: {
        summary: 'The public keys, for clients that use a version of the interface before 2.21.',
        ...callers(auth),
        parameters: [VERSION],
        responses: withHeaders(
          {
            200: { description: 'The keys.', content: json(schemaRef('SupertokensKeys')) },
            ...withHeaders(failures(auth === undefined ? [400] : [400, 401], TEXT), NO_SNIFF)
          },
          auth === undefined ? ANY_ORIGIN : {}
        )
      }
    },
    [paths.jwkSet]: describeJwkSet(),
    [paths.versions]: {
      get: {
        summary: 'The versions of the interface that the service supports.',
        responses: { 200: secret('The versions.', json(schemaRef('SupertokensVersions'))) }
      }
    },
    [paths.hello]: {
      get: {
        summary: 'Shows whether the service accepts requests.',
        responses: withHeaders(
          {
            200: { description: '`Hello`.', content: TEXT },
            503: { description: 'It is starting or stopping.', content: TEXT }
          },
          NO_SNIFF
        )
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
  SupertokensKeys: object({
    keys: { type: 'array', items: schemaRef('Jwk') },
    status: { const: 'OK' }
  }),
  SupertokensVersions: object({ versions: texts })
}
