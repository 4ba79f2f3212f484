/** The wire format of the original program's getToken. */
import type { ErrorCode, ServiceError } from '../../errors.ts'
import { CLAIM_REASON } from '../../issue/claims.ts'
import { sendsBody } from '../../issue/sources/registry.ts'
import { challengeOf401 } from '../bearer-token.ts'
import { createClientBodyReader } from '../client-body.ts'
import { JSON_NO_STORE, jsonAnswer } from '../exchange.ts'
import type { CreateIssueFormat, IssueProtocol } from '../issue/route.ts'
import { statusOf } from '../statuses.ts'
import { describeTxtokenIssue, SCHEMAS } from './openapi.ts'

/** The `message` of the answer. The first four are exactly the messages of the original program. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  remote_failed: 'Remote post failure.',
  remote_timeout: 'Remote post failure.',
  remote_reply: 'Can not unmarshal returned json.',
  remote_status: 'Remote post status failure.',
  invalid_request: 'Request body is not valid JSON.'
}

/** Takes a JSON body with any content type, or a form; answers `{"token": "..."}`, with a `refresh_token` where there is one. */
const createTxtokenIssueFormat: CreateIssueFormat = ({ statuses, claims }, { depth }) => ({
  methods: ['POST'],

  read: createClientBodyReader({ isSent: sendsBody(claims), maxDepth: depth }),

  answer({ token, refreshToken }) {
    const refresh = refreshToken === undefined ? '' : `,"refresh_token":"${refreshToken}"`
    return { status: 200, headers: JSON_NO_STORE, body: `{"token":"${token}"${refresh}}` }
  },

  refuse(error) {
    const status = statusOf(error, statuses)
    const challenge = challengeOf401(status, error)
    return jsonAnswer(status, describe(error), challenge)
  }
})

function describe({ code, message, reason, remoteStatus }: ServiceError) {
  const known = reason === CLAIM_REASON ? undefined : MESSAGES[code]
  if (remoteStatus !== undefined) return { message: known, status: remoteStatus }
  return known === undefined ? { message } : { error: message, message: known }
}

export const protocol: IssueProtocol = {
  createFormat: createTxtokenIssueFormat,
  describe: (route) => ({ post: describeTxtokenIssue(route) }),
  schemas: SCHEMAS
}
