/** A `claims` route: the issue pipeline without the signing. */

import { createExplain, createGather } from '../../issue/issue.ts'
import { createSources, type SourceConfig, sendsBody } from '../../issue/sources/registry.ts'
import type { Exchange } from '../exchange.ts'
import { createIssueRequest } from '../issuing.ts'
import { describeParameters } from '../openapi/source-parameters.ts'
import type { RouteBuilder } from '../protocol.ts'
import { createRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { createClaimsFormat, describeExplanations } from './format.ts'
import { describeClaims } from './openapi.ts'
import type { ClaimsRouteConfig } from './settings.ts'
import { claimsSourcesOf } from './sources.ts'

export const builder = {
  create: (config, services, routes) => [
    createClaimsRoute(config, claimsSourcesOf(config, { routes }), services)
  ],
  describe: (config, routes) => ({
    [config.claims]: describeClaims(config, describeParameters(claimsSourcesOf(config, { routes })))
  })
} satisfies RouteBuilder<ClaimsRouteConfig>

/** @param sources its own, or those of the issue route that it belongs to */
function createClaimsRoute(
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
  const format = createClaimsFormat({
    statuses: config.statuses,
    isSent: sendsBody(sources),
    maxDepth: limits.depth
  })
  return createRoute({
    path: config.claims,
    format,
    apiKeys: config.auth?.apiKeys,
    isCostly: true,
    maxRequests: config.limits.requests,
    maxBodyBytes: limits.body,
    async respond(exchange) {
      const request = createIssueRequest(exchange, format.read(exchange), limits.depth)
      if (explain !== undefined && wantsExplanations(exchange)) {
        return format.answer(describeExplanations(await explain(request)))
      }
      return format.answer(await gather(request))
    }
  })
}

/** `explain=1`, once. */
function wantsExplanations({ query }: Exchange): boolean {
  return new URLSearchParams(query).getAll('explain').join() === '1'
}

/** @param setting the one that has them */
function nameSources(sources: readonly SourceConfig[], setting: string): string[] {
  return sources.map(({ from }, index) => `${setting}[${index}] ${from}`)
}
