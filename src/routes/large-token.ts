/** A warning of tokens that will not get far. */
import type { AppContext } from '../middleware/request-state.ts'
import type { Logger } from '../operations/logger.ts'

/** Many servers refuse header fields over 8 KiB, and a token travels in one. */
const LARGE_TOKEN_LENGTH = 8192

export function warnOfLargeToken(
  { state: { requestId, traceId, route } }: AppContext,
  { length }: string,
  logger: Logger
): void {
  if (length > LARGE_TOKEN_LENGTH) {
    logger.warn({ requestId, traceId, route, length }, 'token over 8 KiB')
  }
}
