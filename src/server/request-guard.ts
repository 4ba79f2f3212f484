/** Requests that mean different things to different servers are refused before any route sees them. */
import type { IncomingMessage } from 'node:http'
import { ServiceError } from '../errors.ts'
import type { AppMiddleware } from './request-state.ts'

/** Fields that may stand once. Node.js keeps the first of several; a proxy in front may have judged by the last. */
const SINGLE_FIELDS = ['host', 'authorization'] as const

/** Refuses targets in absolute form (RFC 9112, section 3.2.2), and a second Host or Authorization field. */
export const requestGuard: AppMiddleware = function requestGuard({ req }, next) {
  if (!req.url?.startsWith('/') && !(req.method === 'OPTIONS' && req.url === '*')) {
    throw badRequest('Request target is not a path.')
  }
  const repeated = findRepeatedField(req)
  if (repeated !== undefined) throw badRequest(`More than one ${repeated} header.`)
  return next()
}

/** The name of a field that stands twice, of those that may stand once. */
export function findRepeatedField({ rawHeaders }: IncomingMessage): string | undefined {
  return SINGLE_FIELDS.find((field) => {
    let count = 0
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] ?? ''
      // Most names are told apart by their length, which is there already.
      if (name.length === field.length && name.toLowerCase() === field) count++
    }
    return count > 1
  })
}

function badRequest(message: string): ServiceError {
  return new ServiceError('invalid_request', message, { status: 400 })
}
