/** The token endpoint of OAuth 2.0 (RFC 6749), for OpenAPI. */
import type { IssueRouteConfig } from '../issue/settings.ts'
import { clientBody } from '../openapi/client-body.ts'
import { type FailureStatus, failures, sourceFailures } from '../openapi/failures.ts'
import { ANY_ORIGIN, NO_STORE, withCookie, withHeaders } from '../openapi/headers.ts'
import { headerRef, json, type Operation, type Paths, schemaRef, secret } from '../openapi/parts.ts'
import { compactJws, object, refreshToken, text, texts } from '../openapi/schemas.ts'
import { oauthCallers } from '../openapi/security.ts'
import { issuerDocumentPaths, OAUTH_METADATA_PATH } from '../own-paths.ts'
import { setsCookie } from '../same-site.ts'

export function describeOauthIssue(route: IssueRouteConfig): Operation {
  return {
    summary: 'Issues an access token.',
    description: 'The body is any JSON, or a form in which no field occurs twice.',
    ...oauthCallers(route.auth),
    ...clientBody(route.claims, route),
    responses: withHeaders(
      {
        200: withCookie(secret('The access token.', json(schemaRef('AccessToken'))), route),
        ...failures(statusesOf(route), json(schemaRef('OauthError')))
      },
      { ...NO_STORE, Pragma: headerRef('NoCache') }
    )
  }
}

/** The metadata of the service (RFC 8414), on each of its paths. */
export function describeMetadata(issuer: string): Paths {
  const get = {
    summary: 'Returns the metadata for OAuth clients (RFC 8414).',
    responses: {
      200: {
        description: 'The endpoints and their parameters.',
        headers: { 'Cache-Control': headerRef('MaxAge'), ...ANY_ORIGIN },
        content: json(schemaRef('OauthMetadata'))
      }
    }
  }
  const paths = issuerDocumentPaths(OAUTH_METADATA_PATH, issuer)
  return Object.fromEntries(paths.map((path) => [path, { get }]))
}

/** By the names that the description of the metadata refers to. */
export const METADATA_SCHEMAS = {
  OauthMetadata: object(
    {
      issuer: text,
      token_endpoint: text,
      token_endpoint_auth_methods_supported: texts,
      grant_types_supported: texts,
      response_types_supported: texts,
      jwks_uri: text,
      introspection_endpoint: text,
      introspection_endpoint_auth_methods_supported: texts,
      revocation_endpoint: text,
      revocation_endpoint_auth_methods_supported: texts
    },
    [
      'issuer',
      'token_endpoint',
      'token_endpoint_auth_methods_supported',
      'grant_types_supported',
      'response_types_supported'
    ]
  )
}

/** Credentials that a remote rejects are an invalid grant, which is a 400 (RFC 6749, section 5.2). */
function statusesOf(route: IssueRouteConfig): FailureStatus[] {
  const { auth } = route
  return sourceFailures({ ...route, statuses: 'relay' }).filter(
    (status) => (status !== 403 || setsCookie(route)) && (status !== 401 || auth !== undefined)
  )
}

export const SCHEMAS = {
  AccessToken: object(
    {
      access_token: compactJws,
      token_type: { const: 'Bearer' },
      expires_in: { type: 'integer', description: 'In seconds.' },
      refresh_token: refreshToken
    },
    ['access_token', 'token_type', 'expires_in']
  )
}
