/** The wire format of an OAuth 2.0 token endpoint (RFC 6749, sections 5.1 and 5.2). */
import { jsonAnswer, NO_STORE } from '../exchange.ts'
import { readForm } from '../form.ts'
import type { CreateIssueFormat, IssueProtocol } from '../issue/route.ts'
import { invalidRequest, isForm, parseJsonBody } from '../json-body.ts'
import { oauthErrorAnswer, oauthWord } from '../oauth-error.ts'
import { statusOf } from '../statuses.ts'
import { describeOauthIssue, SCHEMAS } from './openapi.ts'

/** No cache may keep an answer, old ones of HTTP/1.0 included (RFC 6749, section 5.1). */
const NO_CACHE = { ...NO_STORE, Pragma: 'no-cache' } as const

/** The statuses by which a remote rejects credentials. */
const REJECTED_CREDENTIALS: ReadonlySet<number | undefined> = new Set([401, 403])

/** Takes JSON as it is, or a form, whose fields become a JSON object of strings; answers with an access token. */
const createOauthFormat: CreateIssueFormat = (_config, { depth }) => ({
  methods: ['POST'],
  takesBasic: true,

  read(exchange) {
    const { body } = exchange
    if (isForm(exchange) && !looksLikeJson(body)) return toJson(body)
    parseJsonBody(body, depth)
    return body
  },

  answer({ token, issuedAt, expiresAt, refreshToken }) {
    return jsonAnswer(
      200,
      {
        access_token: token,
        token_type: 'Bearer',
        expires_in: expiresAt - issuedAt,
        refresh_token: refreshToken
      },
      NO_CACHE
    )
  },

  /** Where the remote has rejected the credentials, the error is `invalid_grant`. */
  refuse(error) {
    const answer = REJECTED_CREDENTIALS.has(error.remoteStatus)
      ? oauthErrorAnswer('invalid_grant', { status: 400, message: 'Credentials were refused.' })
      : describe(statusOf(error, 'relay'))
    return { ...answer, headers: { ...answer.headers, ...NO_CACHE } }

    function describe(status: number) {
      return oauthErrorAnswer(oauthWord(error, status), { status, message: error.message })
    }
  }
})

/** `curl -d` labels JSON as a form. No form begins with a bracket: those are written as %7B and %5B. */
function looksLikeJson(body: Buffer): boolean {
  return /^\s*[{[]/.test(body.toString('latin1', 0, 64))
}

/** Replaces bytes that are not UTF-8 once a form is read. */
const REPLACEMENT = '\ufffd'

/** A field without a value counts as left out, and each may be given once (RFC 6749, section 3.2). */
function toJson(body: Buffer): Buffer {
  const fields = [...readForm(body)]
  const names = new Set(fields.map(([name]) => name))
  if (names.size < fields.length) throw invalidRequest('form has a field twice')
  if (fields.some((texts) => texts.some((text) => text.includes(REPLACEMENT)))) {
    throw invalidRequest('form is not valid UTF-8')
  }
  const given = fields.filter(([, value]) => value !== '')
  if (given.length === 0) throw invalidRequest('form is empty')
  return Buffer.from(JSON.stringify(Object.fromEntries(given)))
}

export const protocol: IssueProtocol = {
  createFormat: createOauthFormat,
  describe: (route) => ({ post: describeOauthIssue(route) }),
  schemas: SCHEMAS
}
