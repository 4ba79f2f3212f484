/** A `claims` route: the issue pipeline without the signing. */

import { createExplain, createGather } from '../../issue/issue.ts'
import { createSources, type SourceConfig, sendsBody } from '../../issue/sources/registry.ts'
import type { Exchange } from '../exchange.ts'
import { addPassed, createIssueRequest, createRouteAttempts } from '../issuing.ts'
import type { RouteBuilder } from '../protocol.ts'
import { withRelay } from '../relay.ts'
import { createRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { createClaimsFormat, describeExplanations } from './format.ts'
import { describeClaims } from './openapi.ts'
import type { ClaimsRouteConfig } from './settings.ts'
import { claimsShownBy, type ShownClaims } from './sources.ts'

export const builder = {
  create: (config, services, routes) => [
    createClaimsRoute(config, claimsShownBy(config, { routes }), services)
  ],
  describe(config, routes) {
    return { [config.claims]: describeClaims(config, claimsShownBy(config, { routes })) }
  }
} satisfies RouteBuilder<ClaimsRouteConfig>

function createClaimsRoute(
  config: ClaimsRouteConfig,
  shown: ShownClaims,
  services: Services
): Route {
  const { limits, keyStore } = services
  const { sources } = shown
  const running = createSources(sources, keyStore.signer, services)
  const gather = createGather(running)
  const explain = config.explain
    ? createExplain(
        running,
        nameSources(sources, config.sources === undefined ? 'claims' : 'sources')
      )
    : undefined
  const format = withRelay(
    createClaimsFormat({
      statuses: config.statuses,
      isSent: sendsBody(sources),
      maxDepth: limits.depth
    }),
    config
  )
  const attempt = createRouteAttempts(shown, services)
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
        const explained = await (attempt === undefined
          ? explain(request)
          : attempt(request, explain))
        return format.answer(describeExplanations(explained))
      }
      const claims = await (attempt === undefined ? gather(request) : attempt(request, gather))
      return addPassed(format.answer(claims), exchange)
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
