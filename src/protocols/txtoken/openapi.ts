/** The wire formats of the original program, for OpenAPI. */
import type { CheckRouteConfig } from '../check/settings.ts'
import type { IssueRouteConfig } from '../issue/settings.ts'
import { clientBody } from '../openapi/client-body.ts'
import { checkFailures, failures, sourceFailures } from '../openapi/failures.ts'
import { withCookie } from '../openapi/headers.ts'
import { json, type Operation, type PathItem, schemaRef, secret } from '../openapi/parts.ts'
import { compactJws, object, refreshToken, text } from '../openapi/schemas.ts'
import { callers, tokenBody, tokenSecurity } from '../openapi/security.ts'
import { BEARER_PLACES } from '../token-places.ts'

export function describeTxtokenIssue(route: IssueRouteConfig): Operation {
  return {
    summary: 'Issues a token.',
    description: 'The body may be any JSON, whatever its Content-Type.',
    ...callers(route.auth),
    ...clientBody(route.claims, route),
    responses: {
      200: withCookie(secret('The token.', json(schemaRef('IssuedToken'))), route),
      ...failures(sourceFailures(route), json(schemaRef('IssueError')))
    }
  }
}

export function describeTxtokenCheck(route: CheckRouteConfig): PathItem {
  const places = route.token ?? BEARER_PLACES
  const responses = {
    200: secret(
      'The token is valid. The answer has all its parts.',
      json(schemaRef('CheckedToken'))
    ),
    ...failures(checkFailures(route), json(schemaRef('Error')), [400, 401, 403])
  }
  const summary = 'Checks a token.'
  return {
    get: { summary, security: tokenSecurity(route, places, 'get'), responses },
    post: {
      summary,
      security: tokenSecurity(route, places, 'post'),
      ...tokenBody(places),
      responses
    }
  }
}

const ofJwt = { type: ['object', 'null'], description: 'Null if the token is not a JWT.' }

export const SCHEMAS = {
  IssuedToken: object({ token: compactJws, refresh_token: refreshToken }, ['token']),
  IssueError: object(
    {
      message: { ...text, description: 'What went wrong, always in the same words.' },
      error: { ...text, description: 'The reason, in short.' },
      status: { type: 'integer', description: 'The status that the remote answered with.' }
    },
    ['message']
  ),
  CheckedToken: object({
    Raw: text,
    Method: {
      ...object({
        Name: { ...text, examples: ['HS256'] },
        Hash: { enum: [5, 6, 7], description: '5 is SHA-256, 6 is SHA-384, 7 is SHA-512.' }
      }),
      ...ofJwt
    },
    Header: ofJwt,
    Claims: { type: 'object', description: 'Numbers are as in the token, digit for digit.' },
    Signature: text,
    Valid: { const: true }
  })
}
