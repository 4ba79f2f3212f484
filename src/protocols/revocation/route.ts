/** A `revoke` route (RFC 7009). */
import { type Check, createCheck } from '../../check/check.ts'
import { createVerifier } from '../../check/verifiers/registry.ts'
import { ServiceError } from '../../errors.ts'
import { createEndFamily } from '../../issue/refresh/end-family.ts'
import { hasRefreshTokenForm } from '../../issue/refresh/family-state.ts'
import { withSpan } from '../../operations/tracing.ts'
import type { TraceHeaders } from '../../remote/trace-context.ts'
import type { Revoke } from '../../revocation/revocation.ts'
import type { RouteBuilder } from '../protocol.ts'
import { createRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { longestToken, tokenBodyBytes } from '../token-limits.ts'
import { type RevocationRequest, revocationFormat } from './format.ts'
import { describeRevoke } from './openapi.ts'
import type { RevokeRouteConfig } from './settings.ts'

export const builder = {
  create: (config, services) =>
    services.revocation === undefined
      ? []
      : [createRevokeRoute(config, services.revocation, services)],
  describe: (config) => ({ [config.revoke]: { post: describeRevoke(config) } })
} satisfies RouteBuilder<RevokeRouteConfig>

const ALL_KEYS: NonNullable<RevokeRouteConfig['verify']> = [{ keys: 'all' }]

/** Makes the route. Who has a token may revoke it; subjects and keys are for callers with an API key. */
function createRevokeRoute(
  config: RevokeRouteConfig,
  revocation: NonNullable<Services['revocation']>,
  services: Services
): Route {
  const { limits, metrics, logger, issuer } = services
  const { revoke, records } = revocation
  const { endOf: endRefreshFamilyOf } = createEndFamily({ records, revoke })
  // The times of a token do not matter here: an expired one needs no entry, and one that is not valid yet does.
  const check = createCheck({
    verifiers: (config.verify ?? ALL_KEYS).map((verifier) => createVerifier(verifier, services)),
    requirements: [],
    maxDepth: limits.depth,
    maxTokenLength: longestToken(limits)
  })
  const verify = withSpan('verify', check, services.tracing)

  async function carryOut(request: RevocationRequest, trace?: TraceHeaders): Promise<void> {
    if (request.kind === 'token') {
      if (hasRefreshTokenForm(request.token)) await endRefreshFamilyOf(request.token)
      else await revokeToken(request.token, async (raw) => verify(raw, trace), revoke)
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

/** A token that no verifier of the route accepts counts as revoked (RFC 7009, section 2.2). */
async function revokeToken(raw: string, verify: Check, revoke: Revoke): Promise<void> {
  const claims = await verifiedClaims(raw, verify)
  if (claims === undefined) return
  const { iss, jti, exp } = claims
  if (typeof jti !== 'string') {
    throw new ServiceError('unsupported_token_type', 'Token has no jti to revoke it by', {
      status: 400
    })
  }
  await revoke.token(
    typeof iss === 'string' ? iss : undefined,
    jti,
    typeof exp === 'number' ? exp : undefined
  )
}

async function verifiedClaims(raw: string, verify: Check) {
  try {
    return (await verify(raw)).claims
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'invalid_token') return undefined
    throw error
  }
}
