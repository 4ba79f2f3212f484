/** Calls to an endpoint that a check depends on: one deadline, one size, no redirects. */
import { checkUnavailable, overloaded, type ServiceError } from '../errors.ts'
import { type ByteBudget, createAccount } from './byte-budget.ts'
import { measure } from './measure.ts'
import { type CallOutcome, isRejection } from './outcome.ts'
import { createAgents } from './proxy/agents.ts'
import type { OutgoingProxy } from './proxy/proxies.ts'
import { tooManyCalls } from './remote.ts'
import { decodeBody, IDENTITY, isCoded, MAX_HEADER_BYTES } from './reply-body.ts'
import { createTlsOptions } from './tls-options.ts'
import type { TraceHeaders } from './trace-context.ts'

/** PEM texts. The certificate of the other side is always verified. */
export interface EndpointTls {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

export interface EndpointOptions {
  /** For the whole call, from the name look-up to the last byte. */
  readonly timeoutMs: number
  readonly maxReplyBytes: number
  /** The most calls in flight; one more is rejected as `overloaded`. */
  readonly maxCalls: number
  readonly tls?: EndpointTls | undefined
  /** Default: calls are direct. */
  readonly proxy?: OutgoingProxy | undefined
  readonly userAgent: string
  /** The bytes of a reply count in it until it is complete. Default: they are not counted. */
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
  /** Returns the reply, whatever its status. Rejects with a ServiceError `check_unavailable` without a complete one, or `overloaded`. */
  readonly ask: (call: EndpointCall) => Promise<EndpointReply>
  readonly close: () => void
}

/** Connections that closed under a request: the server had closed them as idle when the request came. */
const CLOSED: readonly string[] = ['ECONNRESET', 'EPIPE']

/** Makes a client with connections of its own, kept open between calls. Nothing is connected before the first. */
export function createEndpoint(options: EndpointOptions): Endpoint {
  const { timeoutMs, maxReplyBytes, maxCalls, tls = {}, userAgent, budget, onOutcome } = options
  const agent = createAgents({
    tls: { ...createTlsOptions({ ca: tls.ca }), cert: tls.cert, key: tls.key },
    keepAlive: true,
    proxy: options.proxy,
    timeoutMs
  })
  // It takes a tenth of a second to load, so it is loaded only where there is an endpoint, and before the first request.
  const loading = import('got')

  async function ask({ url, method, headers, body, trace }: EndpointCall): Promise<EndpointReply> {
    const { got } = await loading
    const signal = AbortSignal.timeout(timeoutMs)
    const call = got(url, {
      method,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...headers,
        'accept-encoding': IDENTITY,
        ...trace
      },
      ...(body !== undefined && { body }),
      agent,
      signal,
      responseType: 'buffer',
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Of a length beside chunks.
      strictContentLength: true,
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
      const body = Buffer.from(rawBody)
      // The body of another status is not read.
      if (statusCode !== 200) return { status: statusCode, body }
      // Decoding counts with its largest result before the size is known.
      if (isCoded(body, replyHeaders) && budget?.resize(account, 2 * maxReplyBytes) === false) {
        fault = overloaded('Too many replies in flight.')
        throw fault
      }
      return { status: statusCode, body: await decodeBody(body, replyHeaders, maxReplyBytes) }
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
    ask: measure(askWithinLimit, onOutcome, ({ status }) =>
      status < 300 || isRejection(status) ? 'ok' : 'remote_error'
    ),
    close() {
      agent.http.destroy()
      agent.https.destroy()
    }
  }
}

function unanswered({ host }: URL, found: string): ServiceError {
  return checkUnavailable(new Error(`${host}: ${found}`))
}

/** Keeps only the message of got's errors, which also hold the whole request, including the token in its headers. */
function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  // For a host with several addresses, none of which answers, the error has no message.
  return message === '' ? `found the error ${code}` : message
}
