/** `/.well-known/openid-configuration`: where verifiers find the keys of an issuer (OpenID Connect Discovery 1.0, section 4). */

import type { Algorithm } from '../keys/key.ts'
import { DISCOVERY_PATH, JWK_SET_PATH } from '../protocols/own-paths.ts'
import type { AppMiddleware } from '../server/request-state.ts'

/** Seconds that it may be kept: it changes with the configuration alone. */
const MAX_AGE_SECONDS = 3600

export interface DiscoveryOptions {
  /** The `iss` of issued tokens, a URL that leads to this service. */
  readonly issuer: string
  /** The algorithms of the keys that are published. */
  readonly algorithms: readonly Algorithm[]
}

/** This service is no OpenID provider; of the document it has what verifiers of tokens read. */
export function createDiscoveryRoute({ issuer, algorithms }: DiscoveryOptions): AppMiddleware {
  const document = JSON.stringify({
    issuer,
    jwks_uri: issuer.replace(/\/$/, '') + JWK_SET_PATH,
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(algorithms)]
  })

  return function publishDiscovery(context) {
    context.state.route = DISCOVERY_PATH
    context.set({
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': `max-age=${MAX_AGE_SECONDS}`
    })
    context.body = document
  }
}
