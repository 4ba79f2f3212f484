/** Calls to a JSON API: pooled connections, one total deadline, one size, no redirects, nothing inflated. */
// The pool alone: the package's index loads fetch, WebSocket, caches and mocks with it, 6 MB. undici has no `exports`, so that this is a
// path as public as any; `test/e2e/start.test.ts` fails where it brings more.
import Pool from 'undici/lib/dispatcher/pool.js'
import { type ErrorCode, overloaded, ServiceError } from '../errors.ts'
import type { ByteBudget } from './byte-budget.ts'
import { createCall, type Success } from './call.ts'
import { createDeadlines } from './deadlines.ts'
import { remoteTimeout } from './remote-errors.ts'
import type { TraceHeaders } from './trace-context.ts'

/** How a call ended, for the metrics. A 5xx of the remote is an outcome of its own: a rejected login must not alert anybody. */
export type CallOutcome = 'ok' | 'remote_error' | ErrorCode

/** What is sent to a remote. */
export interface RemoteCall {
  /** Default: POST. */
  readonly method?: 'GET' | 'POST' | undefined
  /** With its query, both encoded. Default: that of the URL. */
  readonly path?: string | undefined
  /** JSON, sent byte for byte; nothing is sent when left out. */
  readonly body?: Uint8Array | null | undefined
  /** The value of the Authorization header. */
  readonly authorization?: string | undefined
  /** The trace that the call is a part of. */
  readonly trace?: TraceHeaders | undefined
  /** More headers, by their names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The status of a success is noted here. */
  readonly note?: { replyStatus?: number } | undefined
  /** Registers a listener for the moment when nobody waits for the answer any more. */
  readonly onAbort: (listener: () => void) => void
}

/** Calls the remote. The promise resolves to the body of a success, and rejects with a ServiceError for everything else. */
export interface Remote {
  readonly call: (call: RemoteCall) => Promise<Buffer>
  /** Whether it takes one more call now. Where it does not, that counts as a call that ended as `overloaded`. */
  readonly hasRoom: () => boolean
  readonly close: () => Promise<void>
}

export interface RemoteOptions {
  readonly url: string
  readonly userAgent: string
  /** Header fields of every call beside the usual ones, by their names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** For the whole call, from connecting to the last byte. */
  readonly timeoutMs: number
  readonly connectTimeoutMs: number
  readonly maxReplyBytes: number
  /** The statuses that are a success. Default: 200. */
  readonly success?: Success | undefined
  /** The most calls in flight; one more is rejected as `overloaded`. Each has a connection of its own, so none waits in a hidden queue. */
  readonly maxCalls: number
  readonly tls?: RemoteTls | undefined
  /** The bytes of replies count in it until nobody waits for the answer any more. Default: they are counted nowhere. */
  readonly budget?: ByteBudget | undefined
  readonly onOutcome: (outcome: CallOutcome, seconds: number) => void
}

/** PEM texts. Certificates of remotes are always verified. */
interface RemoteTls {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** Makes the client for one remote. Nothing is connected before the first call. */
export function createRemote(options: RemoteOptions): Remote {
  const {
    userAgent,
    timeoutMs,
    connectTimeoutMs,
    maxReplyBytes,
    maxCalls,
    tls,
    budget,
    onOutcome
  } = options
  const { headers: own } = options
  const url = new URL(options.url)
  const ownPath = url.pathname + url.search
  const replyRules = { maxReplyBytes, success: options.success ?? 200, budget }
  const deadlines = createDeadlines(timeoutMs)
  const pool = new Pool(url.origin, {
    connections: maxCalls,
    pipelining: 1,
    // The deadline covers both; these would be two more timers a call.
    headersTimeout: 0,
    bodyTimeout: 0,
    // Set here, so that no environment variable can switch it off.
    connect: { ...tls, timeout: connectTimeoutMs, rejectUnauthorized: true }
  })
  let callsInFlight = 0

  return {
    hasRoom() {
      if (callsInFlight < maxCalls) return true
      onOutcome('overloaded', 0)
      return false
    },
    async call({
      method = 'POST',
      path = ownPath,
      body = null,
      authorization,
      headers: more,
      trace,
      note,
      onAbort
    }) {
      if (callsInFlight >= maxCalls) {
        onOutcome('overloaded', 0)
        throw tooManyCalls()
      }
      callsInFlight++
      const startedAt = performance.now()
      return new Promise((resolve, reject) => {
        const call = createCall(replyRules, (result, status) => {
          callsInFlight--
          endDeadline()
          const isError = result instanceof ServiceError
          onOutcome(isError ? outcomeOf(result) : 'ok', (performance.now() - startedAt) / 1000)
          if (isError) return reject(result)
          if (note !== undefined) note.replyStatus = status
          resolve(result)
        })
        const endDeadline = deadlines.start(() => call.cut(remoteTimeout))
        onAbort(() => {
          call.cut(clientGone)
          call.release()
        })
        const headers = {
          accept: 'application/json',
          'content-type': body === null ? undefined : 'application/json',
          'user-agent': userAgent,
          authorization
        }
        // Copying the headers costs more than the rest of this function.
        const isPlain = own === undefined && more === undefined && trace === undefined
        const all = isPlain ? headers : { ...headers, ...own, ...more, ...trace }
        pool.dispatch({ path, method, headers: all, body }, call.handler)
      })
    },
    async close() {
      deadlines.close()
      await pool.destroy()
    }
  }
}

function outcomeOf({ code, remoteStatus = 0 }: ServiceError): CallOutcome {
  return remoteStatus >= 500 ? 'remote_error' : code
}

/** For a call that is one more than may be in flight. */
export function tooManyCalls(): ServiceError {
  return overloaded('Too many calls in flight.')
}

/** Nobody reads this answer; 499 is what nginx logs for the same. */
function clientGone(): ServiceError {
  return new ServiceError('client_gone', 'The client closed the connection.', { status: 499 })
}
