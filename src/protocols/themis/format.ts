/** The wire format of Themis: the bare token, and errors as text. */
import { sendsBody } from '../../issue/sources/registry.ts'
import { challengeOf401 } from '../bearer-token.ts'
import { createClientBodyReader } from '../client-body.ts'
import { NO_STORE, textAnswer } from '../exchange.ts'
import type { CreateIssueFormat, IssueProtocol } from '../issue/route.ts'
import { statusOf } from '../statuses.ts'
import { describeThemisIssue } from './openapi.ts'

/** The media type of a compact JWT (RFC 7515, section 9.2.1); no cache may keep a token (RFC 6749, section 5.1). */
const HEADERS = { 'Content-Type': 'application/jose', ...NO_STORE } as const

/** Needs no body, since sources read what they need from other places too. Answers with the compact JWT and nothing else. */
const createThemisFormat: CreateIssueFormat = ({ statuses, claims }, { depth }) => ({
  methods: ['GET', 'POST'],

  read: createClientBodyReader({ isSent: sendsBody(claims), maxDepth: depth, mayBeEmpty: true }),

  answer: ({ token }) => ({ status: 200, headers: HEADERS, body: token }),

  refuse(error) {
    const status = statusOf(error, statuses)
    const challenge = challengeOf401(status, error)
    return textAnswer(status, error.message, challenge)
  }
})

export const protocol: IssueProtocol = {
  createFormat: createThemisFormat,
  describe: describeThemisIssue
}
