/** The first step of a route: from here on, whatever happens is answered in the route's own format. */
import type { AppMiddleware } from '../middleware/request-state.ts'
import type { Protocol } from '../protocols/protocol.ts'

/** @param route the path as configured, for log and metrics */
export function createAnswerer(route: string, { writeError }: Protocol): AppMiddleware {
  return function answerAs(context, next) {
    context.state.route = route
    context.state.writeError = writeError
    return next()
  }
}
