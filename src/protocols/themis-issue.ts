/** The wire format of Themis: the bare token, and text for refusals. */
import { challengeFor } from './bearer-token.ts'
import { createOptionalBodyReader, type OptionalBodyOptions } from './json-body.ts'
import type { IssueProtocol } from './protocol.ts'
import { type Statuses, statusOf } from './statuses.ts'

export interface ThemisIssueOptions extends OptionalBodyOptions {
  readonly statuses: Statuses
}

/** Takes what a source asks for from wherever it stands; a body is not needed. Answers with the compact JWT and nothing else. */
export function createThemisIssueProtocol({
  statuses,
  ...body
}: ThemisIssueOptions): IssueProtocol {
  return {
    methods: ['GET', 'POST'],
    readBody: createOptionalBodyReader(body),

    writeToken(context, { token }) {
      context.set('Content-Type', 'application/jose')
      // RFC 6749, section 5.1: answers with tokens are never kept by caches.
      context.set('Cache-Control', 'no-store')
      context.body = token
    },

    writeError(context, error) {
      context.status = statusOf(error, statuses)
      if (context.status === 401) context.set('WWW-Authenticate', challengeFor(error))
      context.set({
        'Content-Type': 'text/plain; charset=utf-8',
        'X-Content-Type-Options': 'nosniff'
      })
      context.body = error.message
    }
  }
}
