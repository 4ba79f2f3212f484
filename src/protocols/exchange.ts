/** A request and its answer as plain data: all that routes and protocols know of HTTP, independent of the host. */
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import isFresh from 'fresh'
import type { RejectedToken } from '../check/check.ts'
import type { ServiceError } from '../errors.ts'
import type { Client } from '../issue/client.ts'
import type { ClientCertificate } from '../issue/sources/certificate/client-certificate.ts'
import type { TraceHeaders } from '../remote/trace-context.ts'

/** Notes on a request, for its log line, its metrics and its span. */
export interface Note {
  /** The path of the route as configured, or `none`. A URL may hold a token, so it is never kept. */
  route: string
  /** Whether the route is for health or metrics: probes and scrapes come every few seconds. */
  isOperation: boolean
  /** The trace that the request belongs to (W3C Trace Context); undefined where none was started. */
  traceId: string | undefined
  /** The error that was answered. */
  error: ServiceError | undefined
  /** Whether the `Authorization` header has the API key of the caller, so that it has no token. */
  hasKeyInAuthorization?: boolean
  /** The rejected token, where the route checks one that could be read. */
  rejected?: RejectedToken
  /** How long all calls to remotes took together. */
  remoteSeconds?: number
  /** The status of the last good reply of a remote. */
  replyStatus?: number
  /** Its header fields, by their names in lower case. */
  replyHeaders?: Readonly<Record<string, string | string[] | undefined>>
  /** Header fields of remotes that the client gets with a good answer. */
  passed?: Readonly<Record<string, string | readonly string[]>>
  /** The host of the remote whose failure was answered. */
  failedRemote?: string
}

/** One request. A host makes it once; routes read it. */
export interface Exchange {
  /** The request id: the client's, or a new one. */
  readonly id: string
  readonly method: string
  /** The request target as sent (RFC 9112, section 3.2). */
  readonly target: string
  /** Its path, without the query. */
  readonly path: string
  /** Its query, without the question mark; empty where there is none. */
  readonly query: string
  /** By name in lower case. Node.js has joined fields that came several times, or dropped all but the first. */
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[]
  /** The values of one header field, one for each line of it. */
  readonly headerLines: (name: string) => readonly string[]
  /** The path variables of the route, decoded where that is possible. */
  readonly variables: Readonly<Record<string, string>>
  /** The trace that the client's request belongs to; undefined where it names none (W3C Trace Context). */
  readonly trace: TraceHeaders | undefined
  /** Its client, as far as it can be trusted. */
  readonly client: () => Client
  /** The certificate of the client; undefined without one, or where none was requested. */
  readonly certificate: () => ClientCertificate | undefined
  /**
   * Reads the body; it returns an empty one at once where the request has none.
   * @throws ServiceError `body_too_large`, `unsupported_body` (with a content coding), or `invalid_request` for an incomplete one
   */
  readonly readBody: (limitBytes: number) => Promise<Buffer> | Buffer
  /** The body, byte for byte. Empty until the route has read it. */
  body: Buffer
  /** Calls the listener once the client's connection has closed, or at once where it has closed already. */
  readonly onClose: (listener: () => void) => void
  readonly note: Note
}

/** Path and query of a request target (RFC 9112, section 3.2). A fragment does not belong there and is left out. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const hash = target.indexOf('#')
  const whole = hash === -1 ? target : target.slice(0, hash)
  const mark = whole.indexOf('?')
  return mark === -1
    ? { path: whole, query: '' }
    : { path: whole.slice(0, mark), query: whole.slice(mark + 1) }
}

/** One answer. A host adds the request id, the headers of its listener and the length. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string | Buffer
}

type Headers = Answer['headers']

/** Tokens and claims expire and change, so no cache may keep them. */
export const NO_STORE = { 'Cache-Control': 'no-store' } as const
const JSON_TYPE = { 'Content-Type': 'application/json; charset=utf-8' } as const
/** For answers with JSON that no cache may keep (RFC 6749, section 5.1). */
export const JSON_NO_STORE = { ...JSON_TYPE, ...NO_STORE } as const

/** An answer with JSON. Members that are undefined are left out. */
export function jsonAnswer(status: number, value: object, headers: Headers = {}): Answer {
  return { status, headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(value) }
}

/** An answer with text, which browsers must not interpret as anything else. */
export function textAnswer(status: number, text: string, headers: Headers = {}): Answer {
  return {
    status,
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      ...headers
    },
    body: text
  }
}

/** An answer without a body. */
export function emptyAnswer(status: number, headers: Headers = {}): Answer {
  return { status, headers, body: '' }
}

/** The entity tag of a body (RFC 9110, section 8.8.3). */
export function entityTag(body: string | Buffer): string {
  return `"${createHash('sha256').update(body).digest('base64url')}"`
}

/** A cacheable answer: 304 without the body where the client has it already (RFC 9110, section 13.2.2). */
export function conditionalAnswer({ method, headers }: Exchange, answer: Answer): Answer {
  const isSafe = method === 'GET' || method === 'HEAD'
  return isSafe && isFresh(headers, { etag: String(answer.headers.ETag) })
    ? { ...answer, status: 304, body: '' }
    : answer
}
