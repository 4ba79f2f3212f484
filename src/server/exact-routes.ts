/** The short way to a route: most paths are plain text, and a lookup finds those sooner than a list of patterns. */
import type Router from '@koa/router'
import compose from 'koa-compose'
import type { AppMiddleware, RequestState } from './request-state.ts'

/** Answers the routes of a router that have no parameters. All else, refusals too, is left to the router behind it. */
export function createExactRoutes(router: Router<RequestState>): AppMiddleware {
  const routes = new Map<string, AppMiddleware>()
  for (const { path, methods, stack } of router.stack) {
    if (typeof path !== 'string' || /[:*{}()]/.test(path)) continue
    const answer = compose(stack as AppMiddleware[])
    for (const method of methods) {
      const name = `${method} ${path}`
      // The router answers with the first of several.
      if (!routes.has(name)) routes.set(name, answer)
    }
  }

  return function exactRoutes(context, next) {
    const answer = routes.get(`${context.method} ${context.path}`)
    return answer === undefined ? next() : answer(context, next)
  }
}
