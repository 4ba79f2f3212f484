/** Request bodies: what both hosts require of one before they read it, and the reader of the host on node:http. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { ServiceError } from '../errors.ts'
import { createByteCollector } from '../remote/byte-collector.ts'

const NO_BODY = Buffer.alloc(0)

/**
 * Reads the body of a request; an empty one at once where there is none.
 * @throws ServiceError see {@link Exchange.readBody}
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> | Buffer {
  if (!hasBody(request.headers)) return NO_BODY
  // Without a promise where it is too large already, so that nothing is read.
  assertLength(request.headers, limitBytes)
  return collect(request, limitBytes)
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

/** The error for a body of which the connection broke off. */
export function bodyIncomplete(): ServiceError {
  return new ServiceError('invalid_request', 'Request body did not arrive whole.', {
    status: 400
  })
}

function assertLength({ 'content-length': length }: IncomingHttpHeaders, limitBytes: number): void {
  if (length !== undefined && Number(length) > limitBytes) throw bodyTooLarge()
}

function collect(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const collector = createByteCollector(limitBytes)
  return new Promise((resolve, reject) => {
    function stop(): void {
      request.off('data', take)
      request.off('end', finish)
      request.off('error', fail)
      request.off('close', fail)
    }
    function take(piece: Buffer): void {
      if (collector.add(piece)) return
      stop()
      request.pause()
      reject(bodyTooLarge())
    }
    function finish(): void {
      stop()
      resolve(collector.bytes())
    }
    function fail(): void {
      stop()
      reject(bodyIncomplete())
    }
    request.on('data', take)
    request.on('end', finish)
    request.on('error', fail)
    request.on('close', fail)
  })
}
