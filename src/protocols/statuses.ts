/** The `statuses` of a route: how errors of the remote are answered. */
import * as z from 'zod'
import type { ErrorCode, ServiceError } from '../errors.ts'

export type Statuses = 'txtoken' | 'relay'

/** The errors of a remote that a client can act on. */
export const RELAYED: ReadonlySet<number> = new Set([401, 403, 422, 429])

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

/** The setting. */
export const statuses = statusesOr('txtoken')

/** @param fallback the default */
export function statusesOr(fallback: 'txtoken' | 'relay') {
  return z
    .enum(['txtoken', 'relay'], 'expected txtoken or relay')
    .default(fallback)
    .describe(
      `The answer to an error status of the remote: \`txtoken\` answers 500 and names the status in the body; \`relay\` passes on 401, 403, 422 and 429, and answers 502 for all others. Default: ${fallback}.`
    )
}
