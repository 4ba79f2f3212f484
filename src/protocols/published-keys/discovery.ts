/** `/.well-known/openid-configuration`: where verifiers find the keys of an issuer (OpenID Connect Discovery 1.0, section 4). */
import type { Algorithm } from '../../keys/key.ts'
import { cachedDocument } from '../cached-document.ts'
import { plainFormat } from '../operations/route.ts'
import { DISCOVERY_PATH, issuerDocumentPaths, publishedUrl } from '../own-paths.ts'
import { createRoute, type Route } from '../route.ts'

export interface DiscoveryOptions {
  /** The `iss` of issued tokens, a URL that leads to this service. */
  readonly issuer: string
  /** The algorithms of the published keys. */
  readonly algorithms: readonly Algorithm[]
}

/** This service is not an OpenID provider; the document has only the members that token verifiers read. */
export function createDiscoveryRoutes({ issuer, algorithms }: DiscoveryOptions): Route[] {
  const answer = cachedDocument({
    issuer,
    jwks_uri: publishedUrl(issuer),
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(algorithms)]
  })
  const route = createRoute({
    path: DISCOVERY_PATH,
    format: plainFormat,
    isPublic: true,
    respond: () => answer
  })
  // Log and metrics have one path, whichever was requested.
  return issuerDocumentPaths(DISCOVERY_PATH, issuer).map((path) => ({ ...route, path }))
}
