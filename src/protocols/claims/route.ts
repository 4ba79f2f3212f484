/** A `claims` route: the issue pipeline without the signing. */

import { createExplain } from '../../issue/explain.ts'
import { createGather } from '../../issue/issue.ts'
import { createSources } from '../../issue/sources/create-sources.ts'
import { sendsBody } from '../../issue/sources/remote/sent-body.ts'
import type { SourceConfig } from '../../issue/sources/settings.ts'
import { createIssueRequest } from '../issue/issue-request.ts'
import { createRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { createClaimsFormat, describeExplanations } from './format.ts'
import type { ClaimsRouteConfig } from './settings.ts'

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
  const format = createClaimsFormat({
    statuses: config.statuses,
    isSent: sendsBody(sources),
    maxDepth: limits.depth
  })
  return createRoute({
    path: config.claims,
    format,
    apiKeys: config.auth?.apiKeys,
    maxRequests: config.limits.requests,
    maxBodyBytes: limits.body,
    async respond(exchange) {
      const request = createIssueRequest(exchange, format.read(exchange), limits.depth)
      const isExplained =
        explain !== undefined && new URLSearchParams(exchange.query).get('explain') === '1'
      return format.answer(
        isExplained ? describeExplanations(await explain(request)) : await gather(request)
      )
    }
  })
}

/** @param setting the one that has them */
function nameSources(sources: readonly SourceConfig[], setting: string): string[] {
  return sources.map(({ from }, index) => `${setting}[${index}] ${from}`)
}
