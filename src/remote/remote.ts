/** Calls to a JSON API: pooled connections, one total deadline, one size, no redirects. */
// The pool alone: the package's index loads fetch, WebSocket, caches and mocks with it, 6 MB. undici has no `exports`, so that this is a
// path as public as any; `test/e2e/start.test.ts` fails where it brings more.
import type { Dispatcher } from 'undici'
import Pool from 'undici/lib/dispatcher/pool.js'
import { overloaded, ServiceError } from '../errors.ts'
import type { Breaker, Pass } from './breaker.ts'
import type { ByteBudget } from './byte-budget.ts'
import { createCall, type Headers, type Success } from './call.ts'
import { createDeadlines } from './deadlines.ts'
import { type CallOutcome, NOT_CALLED, outcomeOf } from './outcome.ts'
import { createProxiedPool } from './proxy/proxied-pool.ts'
import type { OutgoingProxy } from './proxy/proxies.ts'
import { isConnectionClosed, remoteFailed, remoteTimeout, wasNotSent } from './remote-errors.ts'
import { IDENTITY, MAX_HEADER_BYTES } from './reply-body.ts'
import { readLenientReplies } from './reply-parser.ts'
import type { TraceHeaders } from './trace-context.ts'

/** A call to a remote, and how its reply is used. */
export interface RemoteCall<Result = Buffer> {
  /** Default: POST. */
  readonly method?: 'GET' | 'POST' | undefined
  /** With its query, both encoded. Default: from the URL. */
  readonly path?: string | undefined
  /** Sent byte for byte; nothing is sent when left out. */
  readonly body?: Uint8Array | null | undefined
  /** The media type of the body. Default: JSON. */
  readonly contentType?: string | undefined
  /** The value of the Authorization header. */
  readonly authorization?: string | undefined
  /** The value of the X-Forwarded-For header: the client of the call. */
  readonly forwardedFor?: string | undefined
  /** The trace that the call is a part of. */
  readonly trace?: TraceHeaders | undefined
  /** More headers, by their names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The status and the header fields of a success are noted here. */
  readonly note?: { replyStatus?: number; replyHeaders?: Headers } | undefined
  /** Registers a listener for the moment when the client no longer waits for the answer. */
  readonly onAbort: (listener: () => void) => void
  /**
   * Reads the body of a success. The call ends with its result: an error that it throws is the outcome of the call, too.
   * Left out, the result is the body.
   */
  readonly read?: (body: Buffer, headers: Headers) => Result
}

/** Calls the remote. The promise resolves to the result of a success, and rejects with a ServiceError for everything else. */
export interface Remote {
  readonly call: <Result = Buffer>(call: RemoteCall<Result>) => Promise<Result>
  /** Whether it accepts one more call now. If not, that counts as a call with the outcome `overloaded`. */
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
  /** The most calls in flight; one more is rejected as `overloaded`. Each has its own connection, so none waits in a hidden queue. */
  readonly maxCalls: number
  readonly tls?: RemoteTls | undefined
  /** Default: calls are direct. */
  readonly proxy?: OutgoingProxy | undefined
  /** Whether calls change nothing, as a GET does, so that one whose connection closes before a reply is sent again, once. Default: false. */
  readonly isSafe?: boolean | undefined
  /** The bytes of replies count in it until the request has ended. Default: they are not counted. */
  readonly budget?: ByteBudget | undefined
  /** Blocks calls to a remote that is down. Default: none is blocked. */
  readonly breaker?: Pick<Breaker, 'enter'> | undefined
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
    isSafe = false,
    budget,
    breaker,
    onOutcome
  } = options
  const { headers: own } = options
  const url = new URL(options.url)
  const ownPath = url.pathname + url.search
  const replyRules = {
    maxReplyBytes,
    success: options.success ?? 200,
    budget,
    // In a tunnel a proxy answers nothing more.
    isByProxy: options.proxy !== undefined && url.protocol === 'http:'
  }
  const deadlines = createDeadlines(timeoutMs)
  const poolOptions = {
    connections: maxCalls,
    pipelining: 1,
    // The deadline covers both; these would be two more timers a call.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Set here, so that no environment variable can disable it.
    connect: { ...tls, timeout: connectTimeoutMs, rejectUnauthorized: true }
  }
  const { pool, dispatch } =
    options.proxy === undefined
      ? createPool(url, poolOptions)
      : createProxiedPool(url, options.proxy, poolOptions)
  readLenientReplies(pool)
  let callsInFlight = 0

  function enter({ enter }: Pick<Breaker, 'enter'>): Pass {
    try {
      return enter()
    } catch (error) {
      onOutcome(NOT_CALLED, 0)
      throw error
    }
  }

  return {
    hasRoom() {
      if (callsInFlight < maxCalls) return true
      onOutcome('overloaded', 0)
      return false
    },
    async call<Result = Buffer>({
      method = 'POST',
      path = ownPath,
      body = null,
      contentType = 'application/json',
      authorization,
      forwardedFor,
      headers: more,
      trace,
      note,
      onAbort,
      read = (reply) => reply as Result
    }: RemoteCall<Result>) {
      if (callsInFlight >= maxCalls) {
        onOutcome('overloaded', 0)
        throw tooManyCalls()
      }
      const pass = breaker === undefined ? undefined : enter(breaker)
      callsInFlight++
      const startedAt = performance.now()
      return new Promise<Result>((resolve, reject) => {
        let isSentAgain = false
        const call = createCall(replyRules, finish, sendAgain)
        const endDeadline = deadlines.start(() => call.cut(remoteTimeout))
        onAbort(() => {
          call.cut(clientGone)
          call.release()
        })
        const headers = {
          accept: 'application/json',
          'accept-encoding': IDENTITY,
          'content-type': body === null ? undefined : contentType,
          'user-agent': userAgent,
          authorization,
          'x-forwarded-for': forwardedFor
        }
        // Copying the headers costs more than the rest of this function.
        const isPlain = own === undefined && more === undefined && trace === undefined
        const all = isPlain ? headers : { ...headers, ...own, ...more, ...trace }
        const request = { path, method, headers: all, body }
        dispatch(request, call.handler)

        function finish(
          result: Buffer | ServiceError,
          status: number,
          replyHeaders: Headers
        ): void {
          callsInFlight--
          endDeadline()
          const seconds = (performance.now() - startedAt) / 1000
          if (result instanceof ServiceError) {
            pass?.end(result)
            fail(result, seconds)
            return
          }
          // Whatever its reply contains, the remote is up.
          pass?.end(undefined)
          if (note !== undefined) {
            note.replyStatus = status
            note.replyHeaders = replyHeaders
          }
          try {
            const value = read(result, replyHeaders)
            onOutcome('ok', seconds)
            resolve(value)
          } catch (error) {
            fail(error, seconds)
          }
        }
        function fail(error: unknown, seconds: number): void {
          onOutcome(error instanceof ServiceError ? outcomeOf(error) : 'internal', seconds)
          reject(error)
        }
        function sendAgain(error: Error): boolean {
          if (isSentAgain || !mayBeRepeated(error, isSafe || method === 'GET')) return false
          isSentAgain = true
          dispatch(request, call.handler)
          return true
        }
      })
    },
    async close() {
      deadlines.close()
      await pool.destroy()
    }
  }
}

function createPool(url: URL, options: ConstructorParameters<typeof Pool>[1]) {
  const pool = new Pool(url.origin, options)
  const dispatch: Dispatcher['dispatch'] = pool.dispatch.bind(pool)
  return { pool, dispatch }
}

/**
 * Whether a call may be sent again after an error before its reply began (RFC 9110, section 9.2.2), as the other side may close an idle connection just when
 * the call comes.
 * @param isSafe whether it may have been processed already
 */
function mayBeRepeated(error: Error, isSafe: boolean): boolean {
  return wasNotSent(error) || (isSafe && isConnectionClosed(remoteFailed(error)))
}

/** For a call beyond the limit of calls in flight. */
export function tooManyCalls(): ServiceError {
  return overloaded('Too many calls in flight.')
}

/** The client does not get this answer; nginx logs 499 for the same. */
function clientGone(): ServiceError {
  return new ServiceError('client_gone', 'The client closed the connection.', { status: 499 })
}
