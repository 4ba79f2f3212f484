/** A request of node:http becomes an Exchange, for either host. */
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { overloaded, ServiceError } from '../errors.ts'
import type { ClientCertificate } from '../issue/sources/certificate/client-certificate.ts'
import type { Exchange, Note } from '../protocols/exchange.ts'
import { readTraceHeaders } from '../remote/trace-context.ts'

/** Reads the certificate that a client showed on its connection. */
export type ReadCertificate = (socket: TLSSocket) => ClientCertificate | undefined

export interface ExchangeOptions {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly variables: Exchange['variables']
  readonly readBody: Exchange['readBody']
  /** Left out on a listener that asks for no certificates. */
  readonly readCertificate: ReadCertificate | undefined
}

/** Request ids end up in logs, here and elsewhere: no spaces, no control characters, no long texts. */
const ACCEPTED_ID = /^[\w.:/+=@-]{1,128}$/
export const NO_BODY = Buffer.alloc(0)

/** Makes the exchange. The request gets its id, so that whoever a header is forwarded to learns the same one. */
export function createExchange(options: ExchangeOptions): Exchange {
  const { request, response, variables, readBody, readCertificate } = options
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
  return {
    id,
    method,
    target: url,
    path,
    query,
    headers,
    rawHeaders: request.rawHeaders,
    headerLines: (name) => request.headersDistinct[name] ?? [],
    variables,
    trace,
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

/** Path and query of a request target (RFC 9112, section 3.2). A fragment does not belong there and is left out. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const hash = target.indexOf('#')
  const whole = hash === -1 ? target : target.slice(0, hash)
  const mark = whole.indexOf('?')
  return mark === -1
    ? { path: whole, query: '' }
    : { path: whole.slice(0, mark), query: whole.slice(mark + 1) }
}

function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && ACCEPTED_ID.test(given) ? given : randomUUID()
}

/**
 * Whether a body comes with a request (RFC 9112, section 6.3). Most tokens come in a header, and nothing comes with them.
 * @throws ServiceError `unsupported_body` for one that is compressed
 */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ServiceError('unsupported_body', 'Request body is compressed.', { status: 415 })
  }
  const { 'content-length': length, 'transfer-encoding': coding } = headers
  return coding !== undefined || (length !== undefined && length !== '0')
}

/** The error for a body over the limit. The rest of it may still be on its way, and nobody will read it. */
export function bodyTooLarge(): ServiceError {
  return new ServiceError('body_too_large', 'Request body is too large.', {
    status: 413,
    headers: { Connection: 'close' }
  })
}

/** The error for a body that there is no memory for now. The rest of it may still be on its way. */
export function noRoomForBody(): ServiceError {
  return overloaded('Too many bodies in flight.', { Connection: 'close' })
}

/** The error for a body of which the connection broke off. */
export function bodyIncomplete(): ServiceError {
  return new ServiceError('invalid_request', 'Request body did not arrive whole.', {
    status: 400
  })
}
