/** How a request carries a refresh token: in a form (RFC 6749, section 6), or in JSON. */
import { ServiceError } from '../../errors.ts'
import { invalidRequest, parseJsonBody } from '../json-body.ts'

/**
 * Reads `grant_type=refresh_token&refresh_token=...` or `{"refresh_token": "..."}`; the content shows which.
 * @param maxDepth levels that the JSON may nest
 * @throws ServiceError `invalid_request`, or `unsupported_grant_type` for a form that asks for something else
 */
export function readRefreshToken(body: Buffer, maxDepth: number): string {
  const text = body.toString()
  const token = text.trimStart().startsWith('{') ? tokenOfJson(body, maxDepth) : tokenOfForm(text)
  if (typeof token !== 'string' || token === '') throw invalidRequest('expected a refresh_token')
  return token
}

function tokenOfForm(text: string): string | undefined {
  const form = new URLSearchParams(text)
  const grant = form.get('grant_type')
  if (grant !== null && grant !== 'refresh_token') {
    throw new ServiceError('unsupported_grant_type', 'expected the grant_type refresh_token', {
      status: 400
    })
  }
  const tokens = form.getAll('refresh_token')
  if (tokens.length > 1) throw invalidRequest('expected one refresh_token')
  return tokens[0]
}

function tokenOfJson(body: Buffer, maxDepth: number): unknown {
  const { refresh_token: token } = JSON.parse(parseJsonBody(body, maxDepth))
  return token
}
