/** Refusals as JSON with OAuth's members (RFC 6749, section 5.2). */
import type { ServiceError } from '../errors.ts'
import type { AppContext } from '../server/request-state.ts'

/** Outside of what a description may hold. */
const UNPRINTABLE = /[^\x20-\x7e]|["\\]/g

/** @param error one of OAuth's words for it */
export function writeOauthError(
  context: AppContext,
  error: string,
  { status, message }: Pick<ServiceError, 'status' | 'message'>
): void {
  context.status = status
  context.set('Cache-Control', 'no-store')
  context.body = { error, error_description: message.replace(UNPRINTABLE, "'") }
}
