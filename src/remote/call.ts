/** One call to a remote: collects the reply, checks it, and ends once, whatever comes first. */
import type { Dispatcher } from 'undici'
import { overloaded, ServiceError } from '../errors.ts'
import { type ByteBudget, createAccount } from './byte-budget.ts'
import { createByteCollector } from './byte-collector.ts'
import { proxyFailed, remoteFailed, remoteReply } from './remote-errors.ts'
import { decodeBody, isCoded, ReplyBodyError, toUtf8 } from './reply-body.ts'

export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** Seconds or a date (RFC 9110, section 10.2.3); anything else is not passed on. */
const RETRY_AFTER = /^(?:\d{1,9}|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)$/

export interface Call {
  /** Receives the events of the HTTP client. */
  readonly handler: Dispatcher.DispatchHandler
  /** Ends the call from our side, and its connection with it. Does nothing after the call has ended. */
  readonly cut: (makeError: () => ServiceError) => void
  /** Releases the bytes of the reply. A failed call does so itself. */
  readonly release: () => void
}

/** Which replies are accepted. */
export interface ReplyRules {
  /** Largest reply. */
  readonly maxReplyBytes: number
  /** The statuses of replies that are a success. */
  readonly success: Success
  /** Whether replies may come from a proxy. */
  readonly isByProxy?: boolean
  /** Default: the bytes of replies are counted nowhere. */
  readonly budget?: ByteBudget | undefined
}

/** 200 alone, or any 2xx. */
export type Success = 200 | '2xx'

/**
 * @param onEnd called once: with the body of a success, its status and header fields, or with the error
 * @param sendAgain called where the connection failed before a reply began: sends the request again and returns true, or returns false
 */
export function createCall(
  { maxReplyBytes, success, isByProxy = false, budget }: ReplyRules,
  onEnd: (result: Buffer | ServiceError, status: number, headers: Headers) => void,
  sendAgain: (error: Error) => boolean
): Call {
  let ended: ServiceError | true | undefined
  let controller: Dispatcher.DispatchController | undefined
  let status = 0
  let headers: Headers = {}
  const collector = createByteCollector({ limit: maxReplyBytes, blocks: budget?.blocks })
  const account = createAccount()

  function release(): void {
    budget?.close(account)
  }

  function isSuccess(): boolean {
    return status === 200 || (success === '2xx' && status >= 200 && status < 300)
  }

  function end(result: Buffer | ServiceError): void {
    if (ended !== undefined) return
    ended = result instanceof ServiceError ? result : true
    if (ended !== true) release()
    collector.discard()
    onEnd(result, status, headers)
  }

  /** For an unsuccessful reply the status is enough, whatever happens to its body. */
  function failure(error: ServiceError): ServiceError {
    const hasErrorStatus = status !== 0 && !isSuccess()
    return hasErrorStatus && error.code !== 'client_gone' ? errorOf(undefined) : error
  }

  function errorOf(body: Buffer | undefined): ServiceError {
    return isByProxy && status === PROXY_AUTHENTICATION_REQUIRED
      ? remoteFailed(proxyFailed(`proxy answered with the status ${status}`))
      : remoteStatusError(status, headers, body)
  }

  function cut(makeError: () => ServiceError): void {
    if (ended !== undefined) return
    const error = failure(makeError())
    end(error)
    controller?.abort(error)
  }

  function takeWhole(): void {
    const bytes = collector.bytes()
    // A larger rejection is not shown to a client.
    if (!isSuccess() && bytes.length > MOST_REJECTED_BYTES) end(errorOf(undefined))
    else if (isCoded(bytes, headers)) void takeCoded(bytes)
    else take(toUtf8(bytes, headers))
  }

  function take(body: Buffer): void {
    end(isSuccess() ? body : errorOf(body))
  }

  /** Most replies are not coded, and need no promise. */
  async function takeCoded(bytes: Buffer): Promise<void> {
    const maxBytes = isSuccess() ? maxReplyBytes : Math.min(maxReplyBytes, MOST_REJECTED_BYTES)
    // Decoding counts with its largest result before the size is known.
    if (budget?.resize(account, collector.held() + maxBytes) === false) return cut(noRoomForReply)
    try {
      const body = await decodeBody(bytes, headers, maxBytes)
      if (ended === undefined) budget?.resize(account, body.length)
      take(body)
    } catch (error) {
      const isCoding = error instanceof ReplyBodyError
      end(failure(isCoding ? remoteReply(error.message) : remoteFailed(error as Error)))
    }
  }

  return {
    cut,
    release,
    handler: {
      onRequestStart(started) {
        controller = started
        // It was cut while it waited for its connection.
        if (ended instanceof ServiceError) started.abort(ended)
      },
      onResponseStart(_controller, statusCode, responseHeaders) {
        // Informational replies (RFC 9110, section 15.2) come before the one that counts.
        if (statusCode < 200) return
        status = statusCode
        headers = responseHeaders
        // Checked before the body arrives.
        if (isSuccess() && Number(headers['content-length']) > maxReplyBytes) cut(tooLarge)
      },
      onResponseData(_controller, chunk) {
        if (ended !== undefined) return
        if (!collector.add(chunk)) cut(tooLarge)
        else if (budget?.resize(account, collector.held()) === false) cut(noRoomForReply)
      },
      onResponseEnd() {
        if (ended !== undefined) return
        takeWhole()
      },
      onResponseError(_controller, error) {
        if (ended === undefined && status === 0 && sendAgain(error)) return
        end(failure(remoteFailed(error)))
      }
    }
  }
}

/** Sent by proxies alone (RFC 9110, section 15.5.8): the login has not reached the remote. */
const PROXY_AUTHENTICATION_REQUIRED = 407

function tooLarge(): ServiceError {
  return remoteReply('reply too large')
}

/** For a reply that there is no memory for now. */
function noRoomForReply(): ServiceError {
  return overloaded('Too many replies in flight.')
}

/** More than the body of any rejected login. */
export const MOST_REJECTED_BYTES = 16 * 1024

function remoteStatusError(status: number, headers: Headers, body?: Buffer): ServiceError {
  const retryAfter = headers['retry-after']
  return new ServiceError('remote_status', 'Remote post status failure.', {
    status: 500,
    remoteStatus: status,
    rejection: { headers, body },
    ...(typeof retryAfter === 'string' && RETRY_AFTER.test(retryAfter) && { retryAfter })
  })
}
