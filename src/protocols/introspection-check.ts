/** The wire format of OAuth 2.0 Token Introspection (RFC 7662). */
import { type ErrorCode, ServiceError } from '../errors.ts'
import { readObject, writeObject } from '../json/json-object.ts'
import { type JsonText, toJsonText } from '../json/json-text.ts'
import { bodyOf } from '../server/body.ts'
import { writeOauthError } from './oauth-error.ts'
import type { CheckProtocol } from './protocol.ts'

/** What makes a token inactive. Why it is, is not for the one who asks (RFC 7662, section 2.2). */
const INACTIVE: ReadonlySet<ErrorCode> = new Set(['invalid_token', 'insufficient_scope'])

/** Takes the token from the form field `token`; answers whether it is active, and its claims. */
export const introspectionCheckProtocol: CheckProtocol = {
  methods: ['POST'],
  takesBasic: true,

  readToken(context) {
    const tokens = new URLSearchParams(bodyOf(context).toString()).getAll('token')
    const [token] = tokens
    if (token === undefined || token === '') throw badRequest('expected a form with a token')
    if (tokens.length > 1) throw badRequest('expected one token, found more')
    return token
  },

  writeToken(context, { claims, claimsText }) {
    context.set('Content-Type', 'application/json; charset=utf-8')
    context.set('Cache-Control', 'no-store')
    context.body = writeObject(
      new Map([
        ['active', toJsonText(true)],
        ['token_type', toJsonText('Bearer')],
        ...describeClaims(claimsText, claims.scope)
      ])
    )
  },

  writeError(context, error) {
    if (INACTIVE.has(error.code)) {
      context.status = 200
      context.set('Cache-Control', 'no-store')
      context.body = { active: false }
      return
    }
    writeOauthError(context, oauthCodeOf(error), error)
  }
}

/** No claim says whether a token is active; and scopes are one text here (RFC 7662, section 2.2). */
function describeClaims(claimsText: JsonText, scope: unknown): [string, JsonText][] {
  const members = readObject(claimsText)
  members.delete('active')
  if (Array.isArray(scope)) members.set('scope', toJsonText(scope.join(' ')))
  return [...members]
}

/** RFC 6749, sections 4.1.2.1 and 5.2. */
function oauthCodeOf({ code, status }: ServiceError): string {
  if (code === 'unauthorized_caller') return 'invalid_client'
  if (status === 503) return 'temporarily_unavailable'
  return status >= 500 ? 'server_error' : 'invalid_request'
}

function badRequest(message: string): ServiceError {
  return new ServiceError('invalid_request', message, { status: 400, reason: 'request' })
}
