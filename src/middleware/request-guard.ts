/** Requests that mean different things to different servers are refused before any route sees them. */
import { ServiceError } from '../errors.ts'
import type { AppMiddleware } from './request-state.ts'

/** Fields that may stand once. Node.js keeps the first of several; a proxy in front may have judged by the last. */
const SINGLE_FIELDS: ReadonlySet<string> = new Set(['host', 'authorization'])

/** Refuses targets in absolute form (RFC 9112, section 3.2.2), and a second Host or Authorization field. */
export const requestGuard: AppMiddleware = function requestGuard({ req }, next) {
  if (!req.url?.startsWith('/') && !(req.method === 'OPTIONS' && req.url === '*')) {
    throw badRequest('Request target is not a path.')
  }
  const seen = new Set<string>()
  for (let index = 0; index < req.rawHeaders.length; index += 2) {
    const name = req.rawHeaders[index]?.toLowerCase() ?? ''
    if (!SINGLE_FIELDS.has(name)) continue
    if (seen.has(name)) throw badRequest(`More than one ${name} header.`)
    seen.add(name)
  }
  return next()
}

function badRequest(message: string): ServiceError {
  return new ServiceError('invalid_request', message, { status: 400 })
}
