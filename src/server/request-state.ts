/** What the middleware of one request share. */
import type { Middleware, ParameterizedContext } from 'koa'
import type { ServiceError } from '../errors.ts'
import type { ClientCertificate } from '../issue/sources/certificate/client-certificate.ts'

export interface RequestState {
  /** Stands in `X-Request-Id`, in the log and nowhere else. */
  requestId: string
  /** The trace that the request belongs to, for the log; undefined where neither the client nor we have begun one. */
  traceId?: string | undefined
  /** The path of the route that answers, as configured; `none` where none does. A URL may hold a token, so it is never kept. */
  route: string
  /** Whether it is a route of health or metrics: probes and scrapes come every few seconds, and nobody asks about them. */
  isOperation?: true
  /** The refusal that was answered, for the log. */
  refusal?: ServiceError
  /** The label that the client put on the body, where the route reads one; it may be wrong. */
  contentType?: string | undefined
  /** Tells of the certificate that the client showed, on a listener that asks for one. */
  certificate?: () => ClientCertificate | undefined
  /** Writes a refusal in the wire format of the route. */
  writeError: (context: AppContext, error: ServiceError) => void
  /** What the steps of the route note for the log, and for each other. */
  trace: { remoteSeconds?: number; replyStatus?: number; failedRemote?: string }
}

export type AppContext = ParameterizedContext<RequestState>
export type AppMiddleware = Middleware<RequestState>
