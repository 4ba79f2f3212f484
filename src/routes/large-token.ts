/** A warning about tokens that are too large for many servers. */

import type { Logger } from '../operations/logger.ts'
import type { AppContext } from '../server/request-state.ts'

/** Many servers refuse header fields over 8 KiB, and a token travels in one. */
const LARGE_TOKEN_LENGTH = 8192

/** Logs a token over 8 KiB by its length, and nothing of the token. */
export function warnOfLargeToken(
  { state: { requestId, traceId, route } }: AppContext,
  { length }: string,
  logger: Logger
): void {
  if (length > LARGE_TOKEN_LENGTH) {
    logger.warn({ requestId, traceId, route, length }, 'token over 8 KiB')
  }
}
