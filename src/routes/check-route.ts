/** A `check` route of the configuration becomes a route that answers. */
import { type Check, createCheck, type Verifier } from '../check/check.ts'
import { createCheckCache, createKnownCheck } from '../check/check-cache.ts'
import { createTimeRequirement, isNoServiceBearer } from '../check/requirements.ts'
import { createEndpointVerifier } from '../check/verifiers/endpoint-verifier.ts'
import { createKeysVerifier } from '../check/verifiers/keys-verifier.ts'
import { createVerifierChain } from '../check/verifiers/verifier-chain.ts'
import type { CheckRouteConfig } from '../config/schema/routes/check.ts'
import type { EndpointVerifierConfig } from '../config/schema/verifiers/endpoint.ts'
import type { VerifierConfig } from '../config/schema/verifiers/verifier.ts'
import { ServiceError } from '../errors.ts'
import type { AppMiddleware } from '../middleware/request-state.ts'
import { withSpan } from '../operations/tracing.ts'
import { createCheckProtocol } from '../protocols/check-protocols.ts'
import type { CheckProtocol } from '../protocols/protocol.ts'
import { createRouteGroups } from './groups.ts'
import { type Route, startRoute } from './route.ts'
import type { Services } from './services.ts'

export function createCheckRoute(config: CheckRouteConfig, services: Services): Route {
  const { limits, now, revocation } = services
  const cache = config.cache === 0 ? undefined : createCheckCache(config.cache)
  const requirements = [
    isNoServiceBearer,
    createTimeRequirement(now),
    ...(revocation === undefined ? [] : [revocation.isNotRevoked])
  ]
  const resolveGroups = createRouteGroups(config, services)
  const check = createCheck({
    verifiers: createVerifiers(config, services),
    requirements,
    resolveGroups,
    maxDepth: limits.depth,
    cache
  })
  const protocol = createCheckProtocol(config, limits)
  return {
    path: config.check,
    methods: protocol.methods,
    steps: [
      ...startRoute({
        path: config.check,
        protocol,
        apiKeys: config.auth?.apiKeys,
        maxRequests: config.limits.requests,
        maxBodyBytes: limits.body
      }),
      createCheckHandler(
        config.check,
        protocol,
        withSpan('verify', check, services.tracing),
        services
      )
    ],
    known:
      cache === undefined ||
      resolveGroups !== undefined ||
      protocol.knownAnswer === undefined ||
      config.auth !== undefined
        ? undefined
        : { check: createKnownCheck(cache, requirements), answer: protocol.knownAnswer }
  }
}

function createVerifiers(config: CheckRouteConfig, services: Services): readonly Verifier[] {
  const verifiers = config.verify.map((verifier) => createVerifier(verifier, services))
  const afterRefusal = config.onRefusal === 'next'
  const afterUnavailable = config.onUnavailable === 'next'
  return afterRefusal || afterUnavailable
    ? [createVerifierChain({ verifiers, afterRefusal, afterUnavailable })]
    : verifiers
}

export function createVerifier(config: VerifierConfig, services: Services): Verifier {
  if ('endpoint' in config) return createConfiguredEndpointVerifier(config, services)
  const { keys } = config
  return createKeysVerifier({
    keyStore: services.keyStore,
    names: keys === 'all' ? undefined : keys
  })
}

function createConfiguredEndpointVerifier(
  { endpoint, timeout, cache, tls }: EndpointVerifierConfig,
  { limits, now, connectEndpoint }: Services
): Verifier {
  return createEndpointVerifier({
    url: new URL(endpoint),
    endpoint: connectEndpoint(endpoint, {
      timeoutMilliseconds: timeout,
      maxReplyBytes: limits.reply,
      maxCalls: limits.calls,
      tls
    }),
    maxDepth: limits.depth,
    cache: cache && { forMilliseconds: cache.for, entries: cache.entries },
    now
  })
}

/** request -> protocol reads it -> check -> protocol answers */
function createCheckHandler(
  route: string,
  protocol: CheckProtocol,
  check: Check,
  { metrics }: Services
): AppMiddleware {
  return async function checkToken(context) {
    try {
      protocol.writeToken(context, await check(protocol.readToken(context)))
    } catch (error) {
      metrics.tokenChecked(route, 'refused', reasonOf(error))
      throw error
    }
    metrics.tokenChecked(route, 'valid', 'none')
  }
}

function reasonOf(error: unknown): string {
  return error instanceof ServiceError ? (error.reason ?? error.code) : 'internal'
}
