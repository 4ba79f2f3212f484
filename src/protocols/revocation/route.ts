/** A `revoke` route (RFC 7009). */
import { ServiceError } from '../../errors.ts'
import { createEndFamily } from '../../issue/refresh/end-family.ts'
import { hasRefreshTokenForm } from '../../issue/refresh/family-state.ts'
import type { TraceHeaders } from '../../remote/trace-context.ts'
import type { RouteBuilder } from '../protocol.ts'
import { createRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { tokenBodyBytes } from '../token-limits.ts'
import { type RevocationRequest, revocationFormat } from './format.ts'
import { describeRevoke } from './openapi.ts'
import { createRevokeToken } from './revoke-token.ts'
import type { RevokeRouteConfig } from './settings.ts'

export const builder = {
  create: (config, services) =>
    services.revocation === undefined
      ? []
      : [createRevokeRoute(config, services.revocation, services)],
  describe: (config) => ({ [config.revoke]: { post: describeRevoke(config) } })
} satisfies RouteBuilder<RevokeRouteConfig>

/** Makes the route. The holder of a token may revoke it; subjects and keys require an API key. */
function createRevokeRoute(
  config: RevokeRouteConfig,
  revocation: NonNullable<Services['revocation']>,
  services: Services
): Route {
  const { limits, metrics, logger, issuer, now } = services
  const { revoke, records } = revocation
  const { endOf: endRefreshFamilyOf } = createEndFamily({ records, revoke, now })
  const revokeToken = createRevokeToken(revocation, services, config.verify)

  async function carryOut(request: RevocationRequest, trace?: TraceHeaders): Promise<void> {
    if (request.kind === 'token') {
      if (hasRefreshTokenForm(request.token)) await endRefreshFamilyOf(request.token)
      else await revokeToken(request.token, trace)
      return
    }
    if (config.auth === undefined) {
      throw new ServiceError('invalid_request', 'sub and kid are taken with API keys only', {
        status: 400
      })
    }
    if (request.kind === 'key') await revoke.key(request.kid)
    else await revoke.subject(request.issuer ?? issuer, request.subject)
  }

  return createRoute({
    path: config.revoke,
    format: revocationFormat,
    apiKeys: config.auth?.apiKeys,
    maxBodyBytes: tokenBodyBytes(limits),
    async respond(exchange) {
      const request = revocationFormat.read(exchange)
      await carryOut(request, exchange.trace)
      metrics.revoked(request.kind)
      if (request.kind !== 'token') {
        const { id: requestId, note } = exchange
        logger.info({ requestId, traceId: note.traceId, kind: request.kind }, 'revoked')
      }
      return revocationFormat.answer
    }
  })
}
