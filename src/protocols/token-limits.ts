/** Limits for requests that carry a token and little else: of the token, and of the body around it. */
import type { Limits } from '../settings/limits.ts'

/** Characters of a token, all of which are ASCII: twice what most servers take as a header field. */
const MAX_TOKEN_LENGTH = 16 * 1024

/** The fields beside a token, and the escapes of a form: client ids, hints, a reason. */
const BODY_OVERHEAD_BYTES = 4 * 1024

/** The longest checked token, in characters. */
export function longestToken({
  checkedToken,
  token = 0
}: Pick<Limits, 'checkedToken' | 'token'>): number {
  return checkedToken ?? Math.max(MAX_TOKEN_LENGTH, token)
}

/**
 * The largest body of a route that reads one token out of it: 20 KiB, or more where tokens may be longer. Anyone may call these
 * routes, so they read no more than they can use.
 */
export function tokenBodyBytes(limits: Pick<Limits, 'body' | 'checkedToken' | 'token'>): number {
  return Math.min(limits.body, longestToken(limits) + BODY_OVERHEAD_BYTES)
}
