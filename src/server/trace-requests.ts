/** Each request is the work that a trace begins with, or goes on with. */
import type { Tracing } from '../operations/tracing.ts'
import type { AppContext, AppMiddleware } from './request-state.ts'

/** Of the target only the path of the route is told: paths and queries hold tokens and names. */
export function createRequestTracing(tracing: Tracing): AppMiddleware {
  return function traceRequest(context, next) {
    const { method, req, state } = context
    const options = {
      name: method,
      kind: 'server',
      cause: req.headers,
      attributes: { 'http.request.method': method }
    } as const
    return tracing.run(options, async (span) => {
      state.traceId = span.traceId
      await next()
      if (state.isOperation) span.discard()
      for (const [name, value] of describeAnswer(context)) span.set(name, value)
      if (state.route !== 'none') span.rename(`${method} ${state.route}`)
      if (context.status >= 500) span.fail()
    })
  }
}

function* describeAnswer({ state, status }: AppContext): Generator<[string, string | number]> {
  yield ['http.response.status_code', status]
  if (state.route !== 'none') yield ['http.route', state.route]
  const { refusal } = state
  if (refusal !== undefined) yield ['error.type', refusal.reason ?? refusal.code]
}
