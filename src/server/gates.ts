/** Routes that answer for a whole tree of paths: a proxy appends the path that it asks about. */
import compose from 'koa-compose'
import type { AppMiddleware } from './request-state.ts'

export interface Gate {
  /** Its own path; it answers for all paths below this too. */
  readonly path: string
  readonly steps: readonly AppMiddleware[]
}

/**
 * Answers what is at or below the path of a gate, whatever else there is: a route below it would answer with a 200 that the proxy
 * takes for its permission. Paths are compared as they came, so there is no way out of the tree by `..` or by an escape.
 */
export function createGates(gates: readonly Gate[]): AppMiddleware {
  const answers = gates.map(({ path, steps }) => ({
    path,
    below: path.endsWith('/') ? path : `${path}/`,
    answer: compose([...steps])
  }))

  return function gates(context, next) {
    const { path: asked } = context
    for (const { path, below, answer } of answers) {
      if (asked === path || asked.startsWith(below)) return answer(context, next)
    }
    return next()
  }
}
