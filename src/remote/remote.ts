/** Calls to a JSON API: pooled connections, one total deadline, one size, no redirects, nothing inflated. */
import { type Dispatcher, Pool } from 'undici'
import { ServiceError } from '../errors.ts'
import { createDeadlines } from './deadlines.ts'
import { remoteFailed, remoteReply, remoteTimeout } from './remote-errors.ts'

/** How a call ended, for the metrics. */
export type CallOutcome =
  | 'ok'
  | 'status'
  | 'failed'
  | 'timeout'
  | 'reply'
  | 'overloaded'
  | 'aborted'

export interface RemoteCall {
  /** JSON, sent byte for byte. */
  readonly body: Uint8Array
  /** The value of the Authorization header. */
  readonly authorization?: string | undefined
  /** Registers a listener for the moment when nobody waits for the answer any more. */
  readonly onAbort: (listener: () => void) => void
}

/** Posts to the remote. The promise gives the body of a 200 reply, and rejects with a ServiceError for everything else. */
export interface Remote {
  readonly post: (call: RemoteCall) => Promise<Buffer>
  readonly close: () => Promise<void>
}

export interface RemoteOptions {
  readonly url: string
  readonly userAgent: string
  /** For the whole call, from connecting to the last byte. */
  readonly timeoutMs: number
  readonly connectTimeoutMs: number
  readonly maxReplyBytes: number
  /** Calls in flight; the next one is refused. Each has a connection of its own, so none waits in a queue unseen. */
  readonly maxCalls: number
  /** PEM texts. Certificates are always verified. */
  readonly tls?:
    | {
        readonly ca?: string | undefined
        readonly cert?: string | undefined
        readonly key?: string | undefined
      }
    | undefined
  readonly onOutcome: (outcome: CallOutcome, seconds: number) => void
}

/** Seconds that an overloaded service asks its clients to wait: long enough for the calls in flight to end. */
const OVERLOADED_RETRY_SECONDS = 1

/** Makes the client for one remote. Nothing is connected before the first call. */
export function createRemote(options: RemoteOptions): Remote {
  const { timeoutMs, connectTimeoutMs, maxReplyBytes, maxCalls, onOutcome } = options
  const url = new URL(options.url)
  const path = url.pathname + url.search
  const deadlines = createDeadlines(timeoutMs)
  const pool = new Pool(url.origin, {
    connections: maxCalls,
    pipelining: 1,
    // The deadline covers both; these would be two more timers a call.
    headersTimeout: 0,
    bodyTimeout: 0,
    // Said here, so that no environment variable can switch it off.
    connect: { ...options.tls, timeout: connectTimeoutMs, rejectUnauthorized: true }
  })
  const baseHeaders = {
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': options.userAgent
  }
  let callsInFlight = 0

  function post({ body, authorization, onAbort }: RemoteCall): Promise<Buffer> {
    if (callsInFlight >= maxCalls) {
      onOutcome('overloaded', 0)
      return Promise.reject(overloaded())
    }
    const startedAt = performance.now()
    callsInFlight++
    return new Promise((resolve, reject) => {
      let settled = false
      let controller: Dispatcher.DispatchController | undefined
      let status = 0
      let headers: Readonly<Record<string, string | string[] | undefined>> = {}
      let received = 0
      const chunks: Buffer[] = []
      const endDeadline = deadlines.start(() => fail('timeout', remoteTimeout()))

      function settle(outcome: CallOutcome): boolean {
        if (settled) return false
        settled = true
        callsInFlight--
        endDeadline()
        onOutcome(outcome, (performance.now() - startedAt) / 1000)
        return true
      }

      function fail(outcome: CallOutcome, error: ServiceError): void {
        if (!settle(outcome)) return
        controller?.abort(error)
        reject(error)
      }

      onAbort(() => fail('aborted', clientGone()))

      pool.dispatch(
        {
          path,
          method: 'POST',
          headers: authorization === undefined ? baseHeaders : { ...baseHeaders, authorization },
          body
        },
        {
          onRequestStart(started) {
            controller = started
            if (settled) started.abort(clientGone())
          },
          onResponseStart(_controller, statusCode, responseHeaders) {
            // Informational replies (RFC 9110, section 15.2) come before the one that counts.
            if (statusCode < 200) return
            status = statusCode
            headers = responseHeaders
            const fault = findFault(headers, maxReplyBytes)
            if (status === 200 && fault !== undefined) fail('reply', remoteReply(fault))
          },
          onResponseData(_controller, chunk) {
            received += chunk.length
            if (received > maxReplyBytes) fail('reply', remoteReply('reply too large'))
            else if (status === 200) chunks.push(chunk)
          },
          onResponseEnd() {
            if (status !== 200) {
              if (settle('status')) reject(refusedByRemote(status, headers))
            } else if (settle('ok')) {
              resolve(
                chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
              )
            }
          },
          onResponseError(_controller, error) {
            const failure = remoteFailed(error)
            fail(failure.code === 'remote_timeout' ? 'timeout' : 'failed', failure)
          }
        }
      )
    })
  }

  return {
    post,
    async close() {
      deadlines.close()
      await pool.destroy()
    }
  }
}

/** Judges a 200 reply before its body arrives. */
function findFault(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  maxReplyBytes: number
): string | undefined {
  const encoding = headers['content-encoding']
  // Inflating could turn a small reply into a huge one, and no encoding was asked for.
  if (encoding !== undefined && encoding !== 'identity') return 'reply is compressed'
  if (Number(headers['content-length']) > maxReplyBytes) return 'reply too large'
  return undefined
}

function refusedByRemote(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>
): ServiceError {
  const retryAfter = headers['retry-after']
  return new ServiceError('remote_status', 'Remote post status failure.', {
    status: 500,
    remoteStatus: status,
    ...(typeof retryAfter === 'string' && { retryAfter })
  })
}

function overloaded(): ServiceError {
  return new ServiceError('overloaded', 'Too many calls in flight.', {
    status: 503,
    retryAfter: OVERLOADED_RETRY_SECONDS
  })
}

/** Nobody reads this answer; 499 is what nginx logs for the same. */
function clientGone(): ServiceError {
  return new ServiceError('client_gone', 'The client closed the connection.', { status: 499 })
}
