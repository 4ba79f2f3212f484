/** The wire format of the original program's getToken. */
import type { ErrorCode, ServiceError } from '../errors.ts'
import { CLAIM_REASON } from '../issue/invalid-claim.ts'
import { challengeFor } from './bearer-token.ts'
import { createJsonBodyReader } from './json-body.ts'
import type { IssueProtocol } from './protocol.ts'
import { type Statuses, statusOf } from './statuses.ts'

export interface TxtokenIssueOptions {
  readonly statuses: Statuses
  /** Levels that the JSON of a request may nest. */
  readonly maxDepth: number
}

/** The `message` of the answer. The first four are the original's, letter by letter. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  remote_failed: 'Remote post failure.',
  remote_timeout: 'Remote post failure.',
  remote_reply: 'Can not unmarshal returned json.',
  remote_status: 'Remote post status failure.',
  invalid_request: 'Request body is not valid JSON.'
}

/** Takes any JSON body, whatever its label; answers `{"token": "..."}`, with a `refresh_token` where there is one. */
export function createTxtokenIssueProtocol({
  statuses,
  maxDepth
}: TxtokenIssueOptions): IssueProtocol {
  return {
    methods: ['POST'],

    readBody: createJsonBodyReader(maxDepth),

    writeToken(context, { token, refreshToken }) {
      context.set('Content-Type', 'application/json; charset=utf-8')
      // RFC 6749, section 5.1: answers with tokens are never kept by caches.
      context.set('Cache-Control', 'no-store')
      const refresh = refreshToken === undefined ? '' : `,"refresh_token":"${refreshToken}"`
      context.body = `{"token":"${token}"${refresh}}`
    },

    writeError(context, error) {
      context.status = statusOf(error, statuses)
      if (context.status === 401) context.set('WWW-Authenticate', challengeFor(error))
      context.body = describe(error)
    }
  }
}

function describe({ code, message, reason, remoteStatus }: ServiceError) {
  const known = reason === CLAIM_REASON ? undefined : MESSAGES[code]
  if (remoteStatus !== undefined) return { message: known, status: remoteStatus }
  return known === undefined ? { message } : { error: message, message: known }
}
