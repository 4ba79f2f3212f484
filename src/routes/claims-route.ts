/** A `claims` route of the configuration becomes a route that answers: the pipeline of tokens, without the signing. */
import type { ClaimsRouteConfig } from '../config/schema/routes/claims.ts'
import type { SourceConfig } from '../config/schema/sources/source.ts'
import { createGather } from '../issue/issue.ts'
import { createClaimsProtocol } from '../protocols/claims.ts'
import { createIssueRequest } from './issue-request.ts'
import { type Route, startRoute } from './route.ts'
import type { Services } from './services.ts'
import { createSources } from './sources.ts'

/** @param sources its own, or those of the issue route that it belongs to */
export function createClaimsRoute(
  config: ClaimsRouteConfig,
  sources: readonly SourceConfig[],
  services: Services
): Route {
  const { limits, keyStore } = services
  const gather = createGather(createSources(sources, keyStore.signer(), services))
  const protocol = createClaimsProtocol(config.statuses)
  return {
    path: config.claims,
    methods: protocol.methods,
    steps: [
      ...startRoute({
        path: config.claims,
        protocol,
        apiKeys: config.auth?.apiKeys,
        maxRequests: config.limits.requests,
        maxBodyBytes: limits.body
      }),
      async function showClaims(context) {
        const request = createIssueRequest(context, protocol.readBody(context), limits.depth)
        protocol.writeClaims(context, await gather(request))
      }
    ]
  }
}
