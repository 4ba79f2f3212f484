/** Request bodies, as the bytes that came. */
import type { IncomingHttpHeaders } from 'node:http'
import bodyParser from 'koa-bodyparser'
import { ServiceError } from '../errors.ts'
import type { AppContext, AppMiddleware } from './request-state.ts'

/**
 * A character for each byte, so that nothing is lost. As Buffers the pieces of a body would each cost hundreds of bytes until the
 * last has come, and the client decides how small they are; pieces of text cost next to nothing.
 */
const ENCODING = 'latin1'

/**
 * Collects the body of a request up to a limit. What it is, is told by its content: `curl -d` labels JSON as a form.
 * @param limitBytes largest body; a larger one is refused (413) and its connection closed
 */
export function createBodyReader(limitBytes: number): AppMiddleware {
  const read = bodyParser({
    enableTypes: ['text'],
    extendTypes: { text: ['*/*'] },
    textLimit: String(limitBytes),
    onerror: refuse,
    ...{ encoding: ENCODING }
  })

  return function readBody(context, next) {
    const { headers } = context.req
    const encoding = headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      throw new ServiceError('unsupported_body', 'Request body is compressed.', { status: 415 })
    }
    context.state.contentType = headers['content-type']
    // The label is replaced, so that a wrong or missing one keeps no body from being read (RFC 9110, section 8.3).
    headers['content-type'] = 'application/octet-stream'
    return hasBody(headers) ? read(context, next) : next()
  }
}

/** Whether a body comes with a request (RFC 9112, section 6.3). Most tokens to be checked come in a header, and nothing comes with them. */
export function hasBody({
  'content-length': length,
  'transfer-encoding': coding
}: IncomingHttpHeaders): boolean {
  return coding !== undefined || (length !== undefined && length !== '0')
}

/** The body that {@link createBodyReader} collected: empty where there was none. */
export function bodyOf(context: AppContext): Buffer {
  const { body } = context.request
  return Buffer.from(typeof body === 'string' ? body : '', ENCODING)
}

function refuse(cause: Error): never {
  if ('type' in cause && cause.type === 'entity.too.large') {
    throw new ServiceError('body_too_large', 'Request body is too large.', {
      status: 413,
      cause,
      // The rest of the body is on its way still, and nobody will read it.
      headers: { Connection: 'close' }
    })
  }
  throw new ServiceError('invalid_request', 'Request body did not arrive whole.', {
    status: 400,
    cause
  })
}
