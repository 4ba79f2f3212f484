/** The JSON that is answered, by names. */
import { type Schema, schemaRef } from './openapi.ts'

const text = { type: 'string' }
const texts = { type: 'array', items: text }

function object(properties: Record<string, Schema>, required = Object.keys(properties)): Schema {
  return { type: 'object', additionalProperties: false, required, properties }
}

const compactJws = { ...text, pattern: '^[\\w-]+\\.[\\w-]+\\.[\\w-]+$' }
const reason = { ...text, description: 'A word for it, where the route has `reasons: true`.' }
const refreshToken = { ...text, description: 'Where the route has refresh tokens.' }

/** A document has those that its routes refer to. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  IssuedToken: object({ token: compactJws, refresh_token: refreshToken }, ['token']),
  IssueError: object(
    {
      message: { ...text, description: 'What went wrong, the same words each time.' },
      error: { ...text, description: 'The reason, in short.' },
      status: { type: 'integer', description: 'The status that the remote answered with.' }
    },
    ['message']
  ),
  AccessToken: object(
    {
      access_token: compactJws,
      token_type: { const: 'Bearer' },
      expires_in: { type: 'integer', description: 'In seconds.' },
      refresh_token: refreshToken
    },
    ['access_token', 'token_type', 'expires_in']
  ),
  OauthError: object({ error: text, error_description: text, reason }, [
    'error',
    'error_description'
  ]),
  Error: object({ error: text, reason }, ['error']),
  SupertokensJwt: {
    oneOf: [
      object({ status: { const: 'OK' }, jwt: compactJws }),
      object({ status: { const: 'UNSUPPORTED_ALGORITHM_ERROR' } })
    ]
  },
  SupertokensVersions: object({ versions: texts }),
  CheckedToken: object({
    Raw: text,
    Method: object({
      Name: { ...text, examples: ['HS256'] },
      Hash: { enum: [5, 6, 7], description: '5 is SHA-256, 6 is SHA-384, 7 is SHA-512.' }
    }),
    Header: { type: 'object' },
    Claims: { type: 'object', description: 'Numbers are as in the token, digit for digit.' },
    Signature: text,
    Valid: { const: true }
  }),
  Introspection: {
    type: 'object',
    required: ['active'],
    properties: { active: { type: 'boolean' }, token_type: { const: 'Bearer' }, scope: text }
  },
  Jwk: {
    type: 'object',
    required: ['kty', 'kid', 'alg', 'use'],
    properties: { kty: { enum: ['RSA', 'EC', 'OKP'] }, kid: text, alg: text, use: { const: 'sig' } }
  },
  JwkSet: object({ keys: { type: 'array', items: schemaRef('Jwk') } }),
  Discovery: object({
    issuer: text,
    jwks_uri: text,
    response_types_supported: texts,
    subject_types_supported: texts,
    id_token_signing_alg_values_supported: texts
  }),
  Health: object({ status: { enum: ['ok', 'starting', 'stopping'] } })
}
