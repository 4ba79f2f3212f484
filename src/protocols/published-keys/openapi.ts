/** Routes that publish keys. */

import { ANY_ORIGIN, NO_SNIFF, withHeaders } from '../openapi/headers.ts'
import {
  type Answer,
  type Content,
  type Headers,
  headerRef,
  json,
  type Operation,
  type PathItem,
  type Paths,
  schemaRef
} from '../openapi/parts.ts'
import { object, text, texts } from '../openapi/schemas.ts'
import { DISCOVERY_PATH, issuerDocumentPaths, jwkSetPaths } from '../own-paths.ts'

const PEM: Content = { 'application/x-pem-file': { schema: { type: 'string' } } }
const JWK: Content = json(schemaRef('Jwk'))

/** @param path the path of the configuration */
export function describeSingleKeys(path: string): Paths {
  const below = `${path === '/' ? '' : path}/{kid}`
  return {
    [below]: {
      get: describeKey(
        'A public key: PEM, or JSON for those who ask for it.',
        { ...PEM, ...JWK },
        { Vary: headerRef('Vary') }
      )
    },
    [`${below}/key.pem`]: { get: describeKey('A public key, as PEM.', PEM) },
    [`${below}/key.json`]: { get: describeKey('A public key, as a JWK.', JWK) },
    [`${below}/jwk.json`]: { get: describeKey('A public key, as a JWK.', JWK) }
  }
}

function describeKey(summary: string, content: Content, headers?: Headers): Operation {
  return {
    summary,
    responses: withHeaders(
      {
        200: { description: 'The key.', ...(headers !== undefined && { headers }), content },
        404: {
          description: 'There is no such key.',
          headers: NO_SNIFF,
          content: { 'text/plain': { schema: { type: 'string' } } }
        }
      },
      ANY_ORIGIN
    )
  }
}

/** @param issuer from the configuration, if any */
export function describePublishing(issuer: string | undefined): Paths {
  return {
    ...atEach(jwkSetPaths(issuer), describeJwkSet()),
    ...(issuer !== undefined &&
      atEach(issuerDocumentPaths(DISCOVERY_PATH, issuer), {
        get: {
          summary: 'Returns the metadata of the issuer, with the URL of its keys.',
          responses: {
            200: { ...cached('What verifiers need.'), content: json(schemaRef('Discovery')) }
          }
        }
      }))
  }
}

/** The JWK Set, on any of its paths. */
export function describeJwkSet(): PathItem {
  return {
    get: {
      summary: 'Returns the public keys.',
      responses: {
        200: {
          ...tagged('A JWK Set (RFC 7517, section 5).'),
          content: json(schemaRef('JwkSet'))
        },
        304: tagged('The set is the one that the client has.')
      }
    }
  }
}

function atEach(paths: readonly string[], item: PathItem): Paths {
  return Object.fromEntries(paths.map((path) => [path, item]))
}

function cached(description: string, headers: Headers = {}): Answer {
  return {
    description,
    headers: { 'Cache-Control': headerRef('MaxAge'), ...ANY_ORIGIN, ...headers }
  }
}

function tagged(description: string): Answer {
  return cached(description, { ETag: headerRef('EntityTag') })
}

export const SCHEMAS = {
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
  })
}
