/** Request bodies, as the bytes that came. */
import type { IncomingMessage } from 'node:http'
import { createByteCollector } from '../byte-collector.ts'
import { ServiceError } from '../errors.ts'
import type { AppContext, AppMiddleware } from './request-state.ts'

const EMPTY = Buffer.alloc(0)

/**
 * Collects the body of a request up to a limit. What it is, is told by its content: `curl -d` labels JSON as a form.
 * @param limitBytes largest body; a larger one is refused (413) and its connection closed
 */
export function createBodyReader(limitBytes: number): AppMiddleware {
  return async function readBody({ req, state }, next) {
    const encoding = req.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      throw new ServiceError('unsupported_body', 'Request body is compressed.', { status: 415 })
    }
    if (Number(req.headers['content-length']) > limitBytes) throw tooLarge()
    state.body = await collectBody(req, limitBytes)
    return next()
  }
}

/** The body that {@link createBodyReader} collected: empty where there was none. */
export function bodyOf({ state }: AppContext): Buffer {
  return state.body ?? EMPTY
}

function collectBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const collector = createByteCollector(limitBytes)

    function collect(piece: Buffer): void {
      if (collector.add(piece)) return
      request.off('data', collect).pause()
      reject(tooLarge())
    }

    request.on('data', collect)
    request.once('end', () => resolve(collector.bytes()))
    request.once('error', (cause) => reject(notWhole(cause)))
  })
}

function tooLarge(): ServiceError {
  return new ServiceError('body_too_large', 'Request body is too large.', {
    status: 413,
    // The rest of the body is on its way still, and nobody will read it.
    headers: { Connection: 'close' }
  })
}

function notWhole(cause: Error): ServiceError {
  return new ServiceError('invalid_request', 'Request body did not arrive whole.', {
    status: 400,
    cause
  })
}
