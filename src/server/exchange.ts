/** Makes an Exchange from a request of node:http, for either host. */
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { overloaded, ServiceError } from '../errors.ts'
import type { Client } from '../issue/client.ts'
import type { ClientCertificate } from '../issue/sources/certificate/client-certificate.ts'
import { type Exchange, type Note, splitTarget } from '../protocols/exchange.ts'
import { codingsOf } from '../remote/reply-body.ts'
import { readTraceHeaders } from '../remote/trace-context.ts'
import type { ReadClient } from './client-address.ts'

/** Reads the client certificate of a connection. */
export type ReadCertificate = (socket: TLSSocket) => ClientCertificate | undefined

export interface ExchangeOptions {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly variables: Exchange['variables']
  readonly readBody: Exchange['readBody']
  /** Left out on a listener that asks for no certificates. */
  readonly readCertificate: ReadCertificate | undefined
  readonly readClient: ReadClient
}

/** Request ids end up in logs, here and elsewhere: no spaces, no control characters, no long texts. */
const ACCEPTED_ID = /^[\w.:/+=@-]{1,128}$/
export const NO_BODY = Buffer.alloc(0)

/** Makes the exchange. The request gets its id, so that receivers of forwarded headers get the same one. */
export function createExchange(options: ExchangeOptions): Exchange {
  const { request, response, variables, readBody, readCertificate, readClient } = options
  const { headers, method = '', url = '' } = request
  const { path, query } = splitTarget(url)
  const id = requestIdOf(request)
  headers['x-request-id'] = id
  const trace = headers.traceparent === undefined ? undefined : readTraceHeaders(headers)
  const note: Note = {
    route: 'none',
    isOperation: false,
    traceId: trace?.traceparent.split('-')[1],
    error: undefined
  }
  let client: Client | undefined
  return {
    id,
    method,
    target: url,
    path,
    query,
    headers,
    rawHeaders: request.rawHeaders,
    headerLines: (name) => linesOf(request.rawHeaders, name),
    variables,
    trace,
    client() {
      client ??= readClient(request)
      return client
    },
    certificate: () => readCertificate?.(request.socket as TLSSocket),
    readBody,
    body: NO_BODY,
    onClose(listener) {
      if (response.closed) listener()
      else response.once('close', listener)
    },
    note
  }
}

function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && ACCEPTED_ID.test(given) ? given : randomUUID()
}

/** The values of one header field. `headersDistinct` of Node.js threw for a field named `__proto__` until 2026. */
function linesOf(rawHeaders: readonly string[], name: string): string[] {
  const lines: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) lines.push(rawHeaders[index + 1] ?? '')
  }
  return lines
}

/** Whether a request announces a body (RFC 9112, section 6.3). Most tokens come in a header, without a body. */
function announcesBody(headers: IncomingHttpHeaders): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = headers
  return coding !== undefined || (length !== undefined && length !== '0')
}

/**
 * Whether an announced body is incomplete. After an answer to such a request its connection is unusable: if the rest
 * comes, it is not read, and if it does not, the next request of the connection would be taken for it (RFC 9112, section 9.3).
 */
export function hasBodyToCome({ complete, headers }: IncomingMessage): boolean {
  return !complete && announcesBody(headers)
}

/** The length of a body that its client has not announced: no body has it. */
const UNKNOWN_LENGTH = -1

/** Clients that wait for 100 Continue to send their body, and how they get it. */
const waitingForLeave = new WeakMap<IncomingMessage, () => void>()

/** Records that a client waits for 100 Continue to send its body (`Expect: 100-continue`, RFC 9110, section 10.1.1). */
export function expectLeave(request: IncomingMessage, response: ServerResponse): void {
  waitingForLeave.set(request, () => response.writeContinue())
}

/**
 * Starts reading the body of a request: its length, or {@link UNKNOWN_LENGTH}; 0 without a body.
 * @throws ServiceError `unsupported_body` for one with a content coding, such as gzip, `body_too_large` for one that announces too much
 */
export function beginBody(request: IncomingMessage, limitBytes: number): number {
  const { headers } = request
  if (codingsOf(headers['content-encoding']).length > 0) {
    const message = 'Request body has a content coding, expected none.'
    throw new ServiceError('unsupported_body', message, { status: 415 })
  }
  if (!announcesBody(headers)) return 0
  const { 'content-length': length } = headers
  const expected = length === undefined ? UNKNOWN_LENGTH : Number(length)
  if (expected > limitBytes) throw bodyTooLarge()
  if (headers.expect !== undefined) waitingForLeave.get(request)?.()
  return expected
}

/** The error for a body over the limit. */
export function bodyTooLarge(): ServiceError {
  return new ServiceError('body_too_large', 'Request body is too large.', { status: 413 })
}

/** The error for a body without room in memory. */
export function noRoomForBody(): ServiceError {
  return overloaded('Too many bodies in flight.')
}

/** The error for a body whose connection broke off. */
export function bodyIncomplete(): ServiceError {
  return new ServiceError('invalid_request', 'Request body did not arrive whole.', {
    status: 400
  })
}
