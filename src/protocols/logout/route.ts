/** A `logout` route: it clears the cookie of a token, and revokes the token. */
import { ServiceError } from '../../errors.ts'
import { createEndFamily } from '../../issue/refresh/end-family.ts'
import { familyNameOf } from '../../revocation/revocation.ts'
import { type Exchange, emptyAnswer, NO_STORE } from '../exchange.ts'
import { createWriteCookie } from '../issuing.ts'
import { plainFormat } from '../operations/route.ts'
import type { RouteBuilder } from '../protocol.ts'
import { createRevokeToken } from '../revocation/revoke-token.ts'
import { createRoute, type Route } from '../route.ts'
import type { CookieConfig } from '../route-settings.ts'
import { assertSiteFor } from '../same-site.ts'
import type { Services } from '../services.ts'
import { inCookies } from '../token-places.ts'
import { describeLogout } from './openapi.ts'
import { cookieOf, type LogoutRouteConfig } from './settings.ts'

export const builder = {
  create(config, services, routes) {
    const cookie = cookieOf(config, routes)
    return cookie === undefined ? [] : [createLogoutRoute(config, cookie, services)]
  },
  describe: (config) => ({ [config.logout]: { post: describeLogout(config) } })
} satisfies RouteBuilder<LogoutRouteConfig>

/** Makes the route. Where a token cannot be revoked now, the cookie stays, so that the browser can try again. */
function createLogoutRoute(
  config: LogoutRouteConfig,
  cookie: CookieConfig,
  services: Services
): Route {
  const endLogin = createEndLogin(services)
  // It needs the attributes of the cookie that it replaces (RFC 6265, section 5.3).
  const removal = createWriteCookie(cookie)('', 0)
  const answer = emptyAnswer(204, { ...NO_STORE, 'Set-Cookie': removal })
  return createRoute({
    path: config.logout,
    format: { ...plainFormat, methods: ['POST'] },
    assertSite: assertSiteFor({ cookie }, services),
    maxRequests: config.limits.requests,
    async respond(exchange) {
      // One cookie may have been planted beside the right one: both tokens are revoked.
      for (const token of new Set(inCookies(exchange, cookie.name))) await endLogin(token, exchange)
      return answer
    }
  })
}

/** Makes the function that revokes a token, and the refresh tokens of the same login. Without `revocation` it does nothing. */
function createEndLogin(services: Services): (token: string, exchange: Exchange) => Promise<void> {
  const { revocation, metrics, now } = services
  if (revocation === undefined) return async () => {}
  const { revoke, records } = revocation
  const revokeToken = createRevokeToken(revocation, services)
  const { end } = createEndFamily({ records, revoke, now })

  return async function endLogin(token, { trace }) {
    try {
      const id = await revokeToken(token, trace)
      if (id === undefined) return
      const family = familyNameOf(id)
      if (family !== undefined) await end(family)
      metrics.revoked('token')
    } catch (error) {
      // It was issued before there was `revocation`: only its cookie can be cleared.
      if (error instanceof ServiceError && error.code === 'unsupported_token_type') return
      throw error
    }
  }
}
