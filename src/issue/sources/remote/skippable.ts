/** Which failures of a remote a token may go out in spite of, where its source is told to skip them. */
import { type ErrorCode, ServiceError } from '../../../errors.ts'

/** The remote's own failures. Too many calls, and a client that is gone, are none. */
const FAILURES: ReadonlySet<ErrorCode> = new Set([
  'remote_failed',
  'remote_timeout',
  'remote_reply',
  'remote_status'
])

/** A refusal is an answer: who gets a 401 or 403, or any other 4xx, gets no token. */
export function isSkippable(error: unknown): error is ServiceError {
  if (!(error instanceof ServiceError) || !FAILURES.has(error.code)) return false
  const { remoteStatus } = error
  return remoteStatus === undefined || remoteStatus < 400 || remoteStatus >= 500
}
