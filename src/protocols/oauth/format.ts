/** The wire format of an OAuth 2.0 token endpoint (RFC 6749, sections 5.1 and 5.2). */
import { sendsBody } from '../../issue/sources/registry.ts'
import { createClientBodyReader } from '../client-body.ts'
import { jsonAnswer, NO_STORE } from '../exchange.ts'
import type { CreateIssueFormat, IssueProtocol } from '../issue/route.ts'
import { oauthErrorAnswer, oauthWord } from '../oauth-error.ts'
import { statusOf } from '../statuses.ts'
import { describeOauthIssue, SCHEMAS } from './openapi.ts'

/** No cache may keep an answer, old ones of HTTP/1.0 included (RFC 6749, section 5.1). */
const NO_CACHE = { ...NO_STORE, Pragma: 'no-cache' } as const

/** The statuses by which a remote rejects credentials; 400 is that of other token endpoints (RFC 6749, section 5.2). */
const REJECTED_CREDENTIALS: ReadonlySet<number | undefined> = new Set([400, 401, 403])

/** Takes JSON or a form; answers with an access token. */
const createOauthFormat: CreateIssueFormat = ({ claims }, { depth }) => ({
  methods: ['POST'],
  takesBasic: true,

  read: createClientBodyReader({
    isSent: sendsBody(claims),
    maxDepth: depth,
    dropsEmptyFields: true
  }),

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

  /** If the remote has rejected the credentials, the error is `invalid_grant`. */
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

export const protocol: IssueProtocol = {
  createFormat: createOauthFormat,
  describe: (route) => ({ post: describeOauthIssue(route) }),
  schemas: SCHEMAS
}
