/** The spans of requests: each request, and the work of the services for it. */
import { ServiceError } from '../errors.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { type SpanOptions, type Tracing, withSpan } from '../operations/tracing.ts'
import type { SharedServices } from '../protocols/services.ts'
import type { Endpoint } from '../remote/endpoint.ts'
import type { Remote } from '../remote/remote.ts'
import type { AnswerRoute } from './answer.ts'

/** Signing, and the calls to remotes and endpoints, with a span each. */
export function traceServices(services: SharedServices, tracing: Tracing): SharedServices {
  return {
    ...services,
    tracing,
    keyStore: traceSigning(services.keyStore, tracing),
    connect: (options) => traceRemote(services.connect(options), options.url, tracing),
    connectEndpoint: (url, options) =>
      traceEndpoint(services.connectEndpoint(url, options), tracing)
  }
}

function traceSigning<Store extends KeyStore>(keyStore: Store, tracing: Tracing): Store {
  return {
    ...keyStore,
    signer(...names) {
      const sign = keyStore.signer(...names)
      return withSpan('sign', async (payload: string) => sign(payload), tracing)
    }
  }
}

function traceRemote(remote: Remote, url: string, tracing: Tracing): Remote {
  const target = new URL(url)
  return {
    ...remote,
    call: (call) =>
      tracing.run(describeCall(call.method ?? 'POST', target), async (span) => {
        try {
          return await remote.call({ ...call, trace: span.headers })
        } catch (error) {
          const status = error instanceof ServiceError ? error.remoteStatus : undefined
          if (status !== undefined) span.set('http.response.status_code', status)
          throw error
        }
      })
  }
}

function traceEndpoint(endpoint: Endpoint, tracing: Tracing): Endpoint {
  return {
    ...endpoint,
    ask: (call) =>
      tracing.run(describeCall(call.method, call.url), async (span) => {
        const reply = await endpoint.ask({ ...call, trace: span.headers })
        span.set('http.response.status_code', reply.status)
        if (reply.status >= 400) span.fail()
        return reply
      })
  }
}

/** The rest of the URL may hold what the client has sent. */
function describeCall(method: string, { protocol, hostname, port }: URL): SpanOptions {
  return {
    name: method,
    kind: 'client',
    attributes: {
      'http.request.method': method,
      'server.address': hostname,
      'server.port': Number(port) || (protocol === 'https:' ? 443 : 80)
    }
  }
}

/** Each request begins or continues a trace. Only the path of the route is shown of the target. */
export function traceAnswers(answer: AnswerRoute, tracing: Tracing): AnswerRoute {
  return function answerTraced(route, exchange) {
    const { method, headers, note } = exchange
    const options = {
      name: method,
      kind: 'server',
      cause: headers,
      attributes: { 'http.request.method': method }
    } as const
    return tracing.run(options, async (span) => {
      note.traceId = span.traceId
      const answered = await answer(route, exchange)
      if (note.isOperation) span.discard()
      span.set('http.response.status_code', answered.status)
      if (note.route !== 'none') {
        span.set('http.route', note.route)
        span.rename(`${method} ${note.route}`)
      }
      if (note.error !== undefined) span.set('error.type', note.error.reason ?? note.error.code)
      if (answered.status >= 500) span.fail()
      return answered
    })
  }
}
