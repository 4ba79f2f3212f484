/** One call to a remote: collects the reply, judges it, and ends once, whatever comes first. */
import type { Dispatcher } from 'undici'
import { overloaded, ServiceError } from '../errors.ts'
import { type ByteBudget, createAccount } from './byte-budget.ts'
import { createByteCollector } from './byte-collector.ts'
import { remoteFailed, remoteReply } from './remote-errors.ts'

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** Seconds or a date (RFC 9110, section 10.2.3); anything else is not passed on. */
const RETRY_AFTER = /^(?:\d{1,9}|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)$/

export interface Call {
  /** Takes the events of the HTTP client. */
  readonly handler: Dispatcher.DispatchHandler
  /** Ends the call from our side, and its connection with it. Does nothing after the call has ended. */
  readonly cut: (makeError: () => ServiceError) => void
  /** Gives back the bytes of the reply. A call that fails does so by itself. */
  readonly release: () => void
}

/** What of a reply is taken. */
export interface ReplyRules {
  /** Largest reply. */
  readonly maxReplyBytes: number
  /** The statuses of replies that are a success. */
  readonly success: Success
  /** Default: the bytes of replies are counted nowhere. */
  readonly budget?: ByteBudget | undefined
}

/** 200 alone, or any 2xx. */
export type Success = 200 | '2xx'

/** @param onEnd called once: with the body of a success and its status, or with what went wrong */
export function createCall(
  { maxReplyBytes, success, budget }: ReplyRules,
  onEnd: (result: Buffer | ServiceError, status: number) => void
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
    onEnd(result, status)
  }

  /** Of a reply that is no success the status is enough, whatever happens to its body. */
  function failure(error: ServiceError): ServiceError {
    const hasErrorStatus = status !== 0 && !isSuccess()
    return hasErrorStatus && error.code !== 'client_gone'
      ? remoteStatusError(status, headers)
      : error
  }

  function cut(makeError: () => ServiceError): void {
    if (ended !== undefined) return
    const error = failure(makeError())
    end(error)
    controller?.abort(error)
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
        const fault = isSuccess() ? findFault(headers, maxReplyBytes) : undefined
        if (fault !== undefined) cut(() => remoteReply(fault))
      },
      onResponseData(_controller, chunk) {
        if (ended !== undefined) return
        if (!collector.add(chunk)) cut(() => remoteReply('reply too large'))
        else if (budget?.resize(account, collector.held()) === false) cut(noRoomForReply)
      },
      onResponseEnd() {
        end(isSuccess() ? collector.bytes() : remoteStatusError(status, headers))
      },
      onResponseError(_controller, error) {
        end(failure(remoteFailed(error)))
      }
    }
  }
}

/** Judges a successful reply before its body arrives. */
function findFault(headers: Headers, maxReplyBytes: number): string | undefined {
  const encoding = headers['content-encoding']
  // Inflating could turn a small reply into a huge one, and no encoding was asked for.
  if (encoding !== undefined && encoding !== 'identity') return 'reply is compressed'
  if (Number(headers['content-length']) > maxReplyBytes) return 'reply too large'
  return undefined
}

/** For a reply that there is no memory for now. */
function noRoomForReply(): ServiceError {
  return overloaded('Too many replies in flight.')
}

function remoteStatusError(status: number, headers: Headers): ServiceError {
  const retryAfter = headers['retry-after']
  return new ServiceError('remote_status', 'Remote post status failure.', {
    status: 500,
    remoteStatus: status,
    ...(typeof retryAfter === 'string' && RETRY_AFTER.test(retryAfter) && { retryAfter })
  })
}
