/** Each request has an id, its client's or a new one, and every answer says it. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { AppMiddleware } from './request-state.ts'

/** Ids end up in logs, here and elsewhere: no spaces, no control characters, no novels. */
const ACCEPTED = /^[\w.:/+=@-]{1,128}$/

/** The id that a request brings, or a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && ACCEPTED.test(given) ? given : randomUUID()
}

/** Gives each request its id, and puts it into the answer. */
export const requestId: AppMiddleware = function requestId(context, next) {
  const id = requestIdOf(context.req)
  context.state.requestId = id
  // Whoever the header is passed on to is told the same id.
  context.req.headers['x-request-id'] = id
  context.set('X-Request-Id', id)
  return next()
}
