/** The verifiers of a route become those of a pipeline. */

import type { CheckRouteConfig } from '../../protocols/check/settings.ts'
import type { Services } from '../../protocols/services.ts'
import type { Verifier } from '../check.ts'
import type { EndpointVerifierConfig } from './endpoint-settings.ts'
import { createEndpointVerifier } from './endpoint-verifier.ts'
import { createKeysFor } from './issuer-keys.ts'
import { createKeysVerifier } from './keys-verifier.ts'
import type { VerifierConfig } from './settings.ts'
import { createVerifierChain } from './verifier-chain.ts'

/** Makes the verifiers of a check route: one chain of them where a later one may be asked after an earlier one. */
export function createVerifiers(config: CheckRouteConfig, services: Services): readonly Verifier[] {
  const verifiers = config.verify.map((verifier) => createVerifier(verifier, services))
  const afterRefusal = config.onRefusal === 'next'
  const afterUnavailable = config.onUnavailable === 'next'
  return afterRefusal || afterUnavailable
    ? [createVerifierChain({ verifiers, afterRefusal, afterUnavailable })]
    : verifiers
}

/** Makes one verifier: of an endpoint, of keys of the configuration, or of a JWK Set. */
export function createVerifier(config: VerifierConfig, services: Services): Verifier {
  const { keyStore, issuerKeys } = services
  if ('endpoint' in config) return createConfiguredEndpointVerifier(config, services)
  if ('keys' in config) {
    return createKeysVerifier({ keyStore, keysFor: createKeysFor(config, issuerKeys) })
  }
  const jwkSet = keyStore.jwkSets.get(config)
  if (jwkSet === undefined) throw new TypeError('expected the JWK Set of each verifier')
  const keysFor = createKeysFor({ issuer: config.issuer }, new Map())
  return createKeysVerifier({ keyStore: jwkSet, keysFor })
}

function createConfiguredEndpointVerifier(
  { endpoint, timeout, cache, tls }: EndpointVerifierConfig,
  { limits, now, connectEndpoint }: Services
): Verifier {
  return createEndpointVerifier({
    url: new URL(endpoint),
    endpoint: connectEndpoint(endpoint, {
      timeoutMs: timeout,
      maxReplyBytes: limits.reply,
      maxCalls: limits.calls,
      tls
    }),
    maxDepth: limits.depth,
    cache: cache && { forMs: cache.for, entries: cache.entries },
    now
  })
}
