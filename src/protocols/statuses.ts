/** What a failure of the remote becomes, by the `statuses` setting of the route. */
import type { ErrorCode, ServiceError } from '../errors.ts'

export type Statuses = 'txtoken' | 'relay'

/** The refusals of a remote that its client can act on. */
const RELAYED: ReadonlySet<number> = new Set([401, 403, 422, 429])

/** Gateway statuses (RFC 9110, sections 15.6.3 and 15.6.5). */
const GATEWAY_STATUS: Partial<Record<ErrorCode, number>> = {
  remote_status: 502,
  remote_failed: 502,
  remote_reply: 502,
  remote_timeout: 504
}

/** The HTTP status to answer an error with. */
export function statusOf(error: ServiceError, statuses: Statuses): number {
  if (statuses === 'txtoken') return error.status
  if (error.remoteStatus !== undefined && RELAYED.has(error.remoteStatus)) return error.remoteStatus
  return GATEWAY_STATUS[error.code] ?? error.status
}
