/** `/.well-known/openid-configuration`: where verifiers find the keys of an issuer (OpenID Connect Discovery 1.0, section 4). */
import type { Algorithm } from '../../keys/key.ts'
import { jsonAnswer } from '../exchange.ts'
import { plainFormat } from '../operations/route.ts'
import { DISCOVERY_PATH, JWK_SET_PATH } from '../own-paths.ts'
import { createRoute, type Route } from '../route.ts'

/** Seconds that the document may be kept: it changes with the configuration alone. */
const MAX_AGE_SECONDS = 3600

export interface DiscoveryOptions {
  /** The `iss` of issued tokens, a URL that leads to this service. */
  readonly issuer: string
  /** The algorithms of the keys that are published. */
  readonly algorithms: readonly Algorithm[]
}

/** This service is no OpenID provider; of the document it has what verifiers of tokens read. */
export function createDiscoveryRoute({ issuer, algorithms }: DiscoveryOptions): Route {
  const answer = jsonAnswer(
    200,
    {
      issuer,
      jwks_uri: issuer.replace(/\/$/, '') + JWK_SET_PATH,
      response_types_supported: ['token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [...new Set(algorithms)]
    },
    { 'Cache-Control': `max-age=${MAX_AGE_SECONDS}` }
  )
  return createRoute({ path: DISCOVERY_PATH, format: plainFormat, respond: () => answer })
}
