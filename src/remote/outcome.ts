/** The outcomes of calls to remotes, and of their requests, as in the metrics. */
import type { ErrorCode, ServiceError } from '../errors.ts'

/** The `reason` of the error for a call that a breaker has blocked. */
export const NOT_CALLED = 'not_called'
/** The `reason` of the error for a reply that rejects the request, though its status is good. */
export const REJECTED_BY_REPLY = 'rejected_by_reply'

/** `ok`, or the failure. A fault of the remote is a separate outcome, `remote_error`: rejected logins must not cause alerts. */
export type CallOutcome =
  | 'ok'
  | 'remote_error'
  | typeof NOT_CALLED
  | typeof REJECTED_BY_REPLY
  | ErrorCode

/** Outcomes of calls that were not sent, and so took no time. */
export const NOT_SENT: ReadonlySet<CallOutcome> = new Set(['overloaded', NOT_CALLED])

/** The outcome of a call that failed, or of a request that failed with it. */
export function outcomeOf({ code, reason, remoteStatus }: ServiceError): CallOutcome {
  if (reason === REJECTED_BY_REPLY) return reason
  return remoteStatus === undefined || isRejection(remoteStatus) ? code : 'remote_error'
}

/**
 * Whether a remote rejects the request by a status that is no success. By any other it is broken, or is not the one that was meant: it
 * redirects, or has another method at its path.
 */
export function isRejection(status: number): boolean {
  return status >= 400 && status < 500 && status !== 405
}
