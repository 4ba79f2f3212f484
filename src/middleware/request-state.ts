/** What the middleware of one request share. */
import type { Middleware, ParameterizedContext } from 'koa'
import type { ServiceError } from '../errors.ts'

export interface RequestState {
  /** Stands in `X-Request-Id`, in the log and nowhere else. */
  requestId: string
  /** The path of the route that answers, as configured; `none` where none does. A URL may hold a token, so it is never kept. */
  route: string
  /** The refusal that was answered, for the log. */
  refusal?: ServiceError
  /** Writes a refusal in the wire format of the route. */
  writeError: (context: AppContext, error: ServiceError) => void
  /** What the steps of the route note for the log. */
  trace: { remoteSeconds?: number }
}

export type AppContext = ParameterizedContext<RequestState>
export type AppMiddleware = Middleware<RequestState>
