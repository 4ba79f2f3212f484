/** The wire format of an OAuth 2.0 token endpoint (RFC 6749, sections 5.1 and 5.2). */
import { ServiceError } from '../errors.ts'
import { bodyOf } from '../server/body.ts'
import { isForm } from './form.ts'
import { parseJsonBody } from './json-body.ts'
import type { IssueProtocol } from './protocol.ts'
import { writeTokenEndpointError } from './token-endpoint-error.ts'

export interface OauthProtocolOptions {
  /** Levels that the JSON of a request may nest. */
  readonly maxDepth: number
}

/** What stands for bytes that are no UTF-8 once a form is read. */
const REPLACEMENT = '\ufffd'

/** Takes JSON as it is, or a form, whose fields become a JSON object of strings; answers with an access token. */
export function createOauthProtocol({ maxDepth }: OauthProtocolOptions): IssueProtocol {
  return {
    methods: ['POST'],
    takesBasic: true,

    readBody(context) {
      const body = bodyOf(context)
      if (isForm(context.state.contentType) && !looksLikeJson(body)) return toJson(body)
      parseJsonBody(body, maxDepth)
      return body
    },

    writeToken(context, { token, issuedAt, expiresAt, refreshToken }) {
      context.set('Content-Type', 'application/json; charset=utf-8')
      context.set('Cache-Control', 'no-store')
      context.set('Pragma', 'no-cache')
      context.body = {
        access_token: token,
        token_type: 'Bearer',
        expires_in: expiresAt - issuedAt,
        refresh_token: refreshToken
      }
    },

    writeError: writeTokenEndpointError
  }
}

/** `curl -d` labels JSON as a form. No form begins with a bracket: those are written as %7B and %5B. */
function looksLikeJson(body: Buffer): boolean {
  return /^\s*[{[]/.test(body.toString('latin1', 0, 64))
}

/** A field without a value counts as left out, and none may stand twice (RFC 6749, section 3.2). */
function toJson(body: Buffer): Buffer {
  const fields = [...new URLSearchParams(body.toString())]
  const names = new Set(fields.map(([name]) => name))
  if (names.size < fields.length) throw badRequest('form has a field twice')
  if (fields.some((field) => field.join().includes(REPLACEMENT))) {
    throw badRequest('form is not valid UTF-8')
  }
  const given = fields.filter(([, value]) => value !== '')
  if (given.length === 0) throw badRequest('form is empty')
  return Buffer.from(JSON.stringify(Object.fromEntries(given)))
}

function badRequest(message: string): ServiceError {
  return new ServiceError('invalid_request', message, { status: 400 })
}
