/** The header fields of answers, by names. */
import { type Answer, type Headers, headerRef, type Schema } from './parts.ts'

const text: Schema = { type: 'string' }

/** Those that are `required` are in each answer that has them described. */
export const HEADERS = {
  RequestId: { description: 'The id of the request.', required: true, schema: text },
  NoStore: {
    description: 'No cache may keep the answer.',
    required: true,
    schema: { const: 'no-store' }
  },
  NoCache: {
    description: 'The same, in the words of HTTP/1.0 (RFC 6749, section 5.1).',
    required: true,
    schema: { const: 'no-cache' }
  },
  MaxAge: {
    description: 'For how long the answer may be kept.',
    required: true,
    schema: text
  },
  EntityTag: {
    description: 'For If-None-Match: the answer to a client that has the same is 304.',
    required: true,
    schema: text
  },
  NoSniff: {
    description: 'The media type of the answer is not to be guessed.',
    required: true,
    schema: { const: 'nosniff' }
  },
  Vary: { description: 'Accept has chosen among media types.', required: true, schema: text },
  Cookie: { description: 'The token as a cookie (RFC 6265).', schema: text },
  Claim: {
    description: 'A claim of the token; empty where it has none.',
    required: true,
    schema: text
  },
  RetryAfter: { description: 'When to try again: seconds, or a date.', schema: text },
  Challenge: { description: 'What is expected (RFC 9110, section 11.6.1).', schema: text }
} as const

export const NO_STORE: Headers = { 'Cache-Control': headerRef('NoStore') }

export const NO_SNIFF: Headers = { 'X-Content-Type-Options': headerRef('NoSniff') }

/** Adds header fields to each of some answers, by their statuses. */
export function withHeaders(
  answers: Readonly<Record<string, Answer>>,
  headers: Headers
): Record<string, Answer> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [
      status,
      { ...answer, headers: { ...headers, ...answer.headers } }
    ])
  )
}

/** An answer with a token in it, which is a cookie too where the route asks for one. */
export function withCookie(
  answer: Answer,
  { cookie }: { readonly cookie?: object | undefined }
): Answer {
  if (cookie === undefined) return answer
  return { ...answer, headers: { ...answer.headers, 'Set-Cookie': headerRef('Cookie') } }
}
