/** The header fields of answers, by names. */
import type { Schema } from './openapi.ts'

const text: Schema = { type: 'string' }

export const HEADERS = {
  RequestId: { description: 'The id of the request.', schema: text },
  NoStore: { description: 'No cache may keep the answer.', schema: { const: 'no-store' } },
  MaxAge: { description: 'For how long the answer may be kept.', schema: text },
  Claim: { description: 'A claim of the token; empty where it has none.', schema: text },
  RetryAfter: { description: 'When to try again: seconds, or a date.', schema: text },
  Challenge: { description: 'What is expected (RFC 9110, section 11.6.1).', schema: text }
} as const
