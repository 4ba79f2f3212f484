/** The header fields of answers, by names. */
import { type Answer, type Headers, headerRef, type Schema } from './parts.ts'

const text: Schema = { type: 'string' }

/** A `required` one is in each answer that describes it. */
export const HEADERS = {
  RequestId: { description: 'The id of the request.', required: true, schema: text },
  NoStore: {
    description: 'No cache may keep the answer.',
    required: true,
    schema: { const: 'no-store' }
  },
  NoCache: {
    description: 'The same, for HTTP/1.0 (RFC 6749, section 5.1).',
    required: true,
    schema: { const: 'no-cache' }
  },
  MaxAge: {
    description: 'How long caches may keep the answer.',
    required: true,
    schema: text
  },
  EntityTag: {
    description: 'For If-None-Match: a client that sends the same value gets 304.',
    required: true,
    schema: text
  },
  NoSniff: {
    description: 'Browsers must not guess the media type of the answer.',
    required: true,
    schema: { const: 'nosniff' }
  },
  Vary: {
    description: 'The answer depends on Accept and, for CORS, on the origin.',
    required: true,
    schema: text
  },
  AllowOrigin: {
    description: 'The origin whose pages may read the answer, or `*` (CORS).',
    schema: text
  },
  AllowCredentials: {
    description: 'Pages of that origin may send and keep cookies (CORS).',
    schema: { const: 'true' }
  },
  ExposeHeaders: {
    description: 'Header fields that pages may read (CORS).',
    schema: text
  },
  VaryOrigin: { description: 'The answer depends on the origin (CORS).', schema: text },
  Cookie: {
    description: 'The token as a cookie (RFC 6265); after a logout, an expired cookie.',
    schema: text
  },
  Claim: {
    description: 'A claim of the token; empty if the token has none.',
    required: true,
    schema: text
  },
  RetryAfter: { description: 'When to try again: seconds, or a date.', schema: text },
  Challenge: {
    description: 'The expected authentication (RFC 9110, section 11.6.1).',
    schema: text
  }
} as const

export const NO_STORE: Headers = { 'Cache-Control': headerRef('NoStore') }

export const NO_SNIFF: Headers = { 'X-Content-Type-Options': headerRef('NoSniff') }

/** For answers that pages of every origin may read. */
export const ANY_ORIGIN: Headers = { 'Access-Control-Allow-Origin': headerRef('AllowOrigin') }

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
