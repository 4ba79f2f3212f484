/** Each request has an id, its client's or a new one, and every answer says it. */
import { randomUUID } from 'node:crypto'
import type { AppMiddleware } from './request-state.ts'

/** Ids end up in logs, here and elsewhere: no spaces, no control characters, no novels. */
const ACCEPTED = /^[\w.:/+=@-]{1,128}$/

/** Takes the id from `X-Request-Id`, or makes one, and puts it into the answer. */
export const requestId: AppMiddleware = function requestId(context, next) {
  const given = context.req.headers['x-request-id']
  const id = typeof given === 'string' && ACCEPTED.test(given) ? given : randomUUID()
  context.state.requestId = id
  // Whoever the header is passed on to is told the same id.
  context.req.headers['x-request-id'] = id
  context.set('X-Request-Id', id)
  return next()
}
