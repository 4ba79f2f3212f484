/** The wire format of OAuth 2.0 Token Introspection (RFC 7662). */
import type { ErrorCode } from '../../errors.ts'
import { readObject, writeObject } from '../../json/json-members.ts'
import { type JsonText, toJsonText } from '../../json/json-text.ts'
import type { CheckProtocol, CreateCheckFormat } from '../check/route.ts'
import { JSON_NO_STORE, jsonAnswer, NO_STORE } from '../exchange.ts'
import { readForm } from '../form.ts'
import { invalidRequest } from '../json-body.ts'
import { oauthErrorAnswer, oauthWord } from '../oauth-error.ts'
import { describeIntrospection, SCHEMAS } from './openapi.ts'

/** The errors of an inactive token. The caller does not get the reason (RFC 7662, section 2.2). */
const INACTIVE: ReadonlySet<ErrorCode> = new Set(['invalid_token', 'insufficient_scope'])

/** Takes the token from the form field `token`; answers whether it is active, and its claims. */
const createIntrospectionFormat: CreateCheckFormat = () => ({
  methods: ['POST'],
  readsBody: true,
  takesBasic: true,
  takesClientSecret: true,

  read({ body }) {
    const tokens = readForm(body).getAll('token')
    const [token] = tokens
    if (token === undefined || token === '') {
      throw invalidRequest('expected a form with a token', 'request')
    }
    if (tokens.length > 1) throw invalidRequest('expected one token, found more', 'request')
    return token
  },

  answer({ claims, claimsText }) {
    const body = writeObject(
      new Map([
        ['active', toJsonText(true)],
        ['token_type', toJsonText('Bearer')],
        ...describeClaims(claimsText, claims.scope)
      ])
    )
    return { status: 200, headers: JSON_NO_STORE, body }
  },

  refuse(error) {
    if (INACTIVE.has(error.code)) return jsonAnswer(200, { active: false }, NO_STORE)
    return oauthErrorAnswer(oauthWord(error, error.status), error)
  }
})

/** No claim decides whether a token is active; and scopes are one text here (RFC 7662, section 2.2). */
function describeClaims(claimsText: JsonText, scope: unknown): [string, JsonText][] {
  const members = readObject(claimsText)
  members.delete('active')
  if (Array.isArray(scope)) members.set('scope', toJsonText(scope.join(' ')))
  return [...members]
}

export const protocol: CheckProtocol = {
  createFormat: createIntrospectionFormat,
  describe: (route) => ({ post: describeIntrospection(route) }),
  schemas: SCHEMAS
}
