/** The `cookie` of a route becomes a cookie beside its answers. */
import type { IssueRouteConfig } from '../protocols/issue/settings.ts'
import type { IssueProtocol } from '../protocols/protocol.ts'
import { withTokenCookie } from '../protocols/token-cookie.ts'
import type { Services } from './services.ts'

/** @returns the protocol as it is where the route has no cookie */
export function withConfiguredCookie<Writer extends Pick<IssueProtocol, 'writeToken'>>(
  protocol: Writer,
  cookie: IssueRouteConfig['cookie'],
  { logger }: Pick<Services, 'logger'>
): Writer {
  if (cookie === undefined) return protocol
  return withTokenCookie(protocol, {
    ...cookie,
    onTooLarge({ state: { requestId, traceId, route } }, length) {
      logger.warn({ requestId, traceId, route, length }, 'cookie over 4 KiB')
    }
  })
}
