/** Calls to an endpoint that a check depends on: one deadline, one size, no redirects, nothing inflated. */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { checkUnavailable, overloaded, type ServiceError } from '../errors.ts'
import { type ByteBudget, createAccount } from './byte-budget.ts'
import { measure } from './measure.ts'
import { type CallOutcome, tooManyCalls } from './remote.ts'
import { createTlsOptions } from './tls-options.ts'
import type { TraceHeaders } from './trace-context.ts'

/** PEM texts. The certificate of the other side is always verified. */
export interface EndpointTls {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

export interface EndpointOptions {
  /** For the whole call, from the look-up of the name to the last byte. */
  readonly timeoutMs: number
  readonly maxReplyBytes: number
  /** The most calls in flight; one more is rejected as `overloaded`. */
  readonly maxCalls: number
  readonly tls?: EndpointTls | undefined
  readonly userAgent: string
  /** The bytes of a reply count in it until it is whole. Default: they are counted nowhere. */
  readonly budget?: ByteBudget | undefined
  /** Called with how each call ended, and how long it took. */
  readonly onOutcome: (outcome: CallOutcome, seconds: number) => void
}

export interface EndpointCall {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** The trace that the call is a part of. */
  readonly trace?: TraceHeaders | undefined
}

interface EndpointReply {
  readonly status: number
  readonly body: Buffer
}

export interface Endpoint {
  /** Returns the reply, whatever its status. Rejects with a ServiceError `check_unavailable` where there is no whole one, or `overloaded`. */
  readonly ask: (call: EndpointCall) => Promise<EndpointReply>
  readonly close: () => void
}

/** Connections that closed under a request: the server had closed them as idle when the request came. */
const CLOSED: readonly string[] = ['ECONNRESET', 'EPIPE']

/** Makes a client with connections of its own, kept open between calls. Nothing is connected before the first. */
export function createEndpoint(options: EndpointOptions): Endpoint {
  const { timeoutMs, maxReplyBytes, maxCalls, tls = {}, userAgent, budget, onOutcome } = options
  const agent = {
    http: new HttpAgent({ keepAlive: true }),
    https: new HttpsAgent({
      ...createTlsOptions({ ca: tls.ca }),
      cert: tls.cert,
      key: tls.key,
      keepAlive: true
    })
  }
  // It takes a tenth of a second to load, so it is loaded only where there is an endpoint, and before the first request.
  const loading = import('got')

  async function ask({ url, method, headers, body, trace }: EndpointCall): Promise<EndpointReply> {
    const { got } = await loading
    const signal = AbortSignal.timeout(timeoutMs)
    const call = got(url, {
      method,
      headers: { accept: 'application/json', 'user-agent': userAgent, ...headers, ...trace },
      ...(body !== undefined && { body }),
      agent,
      signal,
      responseType: 'buffer',
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
      retry: {
        limit: 1,
        methods: ['GET', 'POST'],
        statusCodes: [],
        errorCodes: [...CLOSED],
        // These calls change nothing, so they may be sent again; the deadline stays.
        calculateDelay: ({ computedValue, error }) =>
          computedValue > 0 && error.request?.reusedSocket === true ? 1 : 0
      }
    })
    const account = createAccount()
    let fault: ServiceError | undefined
    call.on('downloadProgress', ({ transferred }) => {
      if (transferred > maxReplyBytes)
        fault = unanswered(url, `found more than ${maxReplyBytes} bytes`)
      else if (budget?.resize(account, transferred) === false)
        fault = overloaded('Too many replies in flight.')
      else return
      call.cancel()
    })
    try {
      const { statusCode, headers: replyHeaders, rawBody } = await call
      if (replyHeaders['content-encoding'] !== undefined) {
        throw new Error('found a content encoding, which was not asked for')
      }
      return { status: statusCode, body: Buffer.from(rawBody) }
    } catch (error) {
      if (fault !== undefined) throw fault
      if (signal.aborted) throw unanswered(url, 'found no whole reply in time')
      throw unanswered(url, describe(error))
    } finally {
      budget?.close(account)
    }
  }

  let callsInFlight = 0

  async function askWithinLimit(call: EndpointCall): Promise<EndpointReply> {
    if (callsInFlight >= maxCalls) throw tooManyCalls()
    callsInFlight++
    try {
      return await ask(call)
    } finally {
      callsInFlight--
    }
  }

  return {
    ask: measure(askWithinLimit, onOutcome, ({ status }) => (status < 500 ? 'ok' : 'remote_error')),
    close() {
      agent.http.destroy()
      agent.https.destroy()
    }
  }
}

function unanswered({ host }: URL, found: string): ServiceError {
  return checkUnavailable(new Error(`${host}: ${found}`))
}

/** Takes only the message of got's errors: they also hold the whole request, the token in its headers included. */
function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  // A host with several addresses, none of which answers, gives an error without a message.
  return message === '' ? `found the error ${code}` : message
}
