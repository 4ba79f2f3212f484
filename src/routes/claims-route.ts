/** A `claims` route of the configuration becomes a route that answers: the pipeline of tokens, without the signing. */

import { createExplain } from '../issue/explain.ts'
import { createGather } from '../issue/issue.ts'
import { createSources } from '../issue/sources/create-sources.ts'
import { sendsBody } from '../issue/sources/remote/sent-body.ts'
import type { SourceConfig } from '../issue/sources/settings.ts'
import type { ClaimsRouteConfig } from '../protocols/claims/settings.ts'
import { createClaimsProtocol } from '../protocols/claims.ts'
import { createIssueRequest } from './issue-request.ts'
import { type Route, startRoute } from './route.ts'
import type { Services } from './services.ts'

/** @param sources its own, or those of the issue route that it belongs to */
export function createClaimsRoute(
  config: ClaimsRouteConfig,
  sources: readonly SourceConfig[],
  services: Services
): Route {
  const { limits, keyStore } = services
  const running = createSources(sources, keyStore.signer(), services)
  const gather = createGather(running)
  const explain = config.explain
    ? createExplain(
        running,
        nameSources(sources, config.sources === undefined ? 'claims' : 'sources')
      )
    : undefined
  const protocol = createClaimsProtocol({
    statuses: config.statuses,
    isSent: sendsBody(sources),
    maxDepth: limits.depth
  })
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
        if (explain !== undefined && context.query.explain === '1') {
          protocol.writeExplanations(context, await explain(request))
        } else {
          protocol.writeClaims(context, await gather(request))
        }
      }
    ]
  }
}

/** @param setting the one that has them */
function nameSources(sources: readonly SourceConfig[], setting: string): string[] {
  return sources.map(({ from }, index) => `${setting}[${index}] ${from}`)
}
