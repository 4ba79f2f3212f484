/** Counts the requests that an application is busy with, so that it can be let go once it has none. */
import type { AppMiddleware } from './request-state.ts'

export interface InFlight {
  readonly count: AppMiddleware
  /** Resolves as soon as no request is in flight. */
  readonly drained: () => Promise<void>
}

/** Makes a counter for one application. */
export function createInFlight(): InFlight {
  let requests = 0
  const waiting: (() => void)[] = []

  return {
    count: async function countInFlight(_context, next) {
      requests++
      try {
        await next()
      } finally {
        requests--
        if (requests === 0) for (const resolve of waiting.splice(0)) resolve()
      }
    },
    async drained() {
      if (requests > 0) await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }
}
