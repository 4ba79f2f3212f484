/** An `issue` route of the configuration becomes a route that answers. */

import { createGather, createIssue, type Issue, type IssueOptions } from '../issue/issue.ts'
import { createLifetimeOf } from '../issue/lifetime.ts'
import { createSign } from '../issue/sign.ts'
import { createSources } from '../issue/sources/create-sources.ts'
import { createTokenId } from '../issue/token-id.ts'
import type { IssueRouteConfig } from '../protocols/issue/settings.ts'
import { createIssueProtocol } from '../protocols/issue-protocols.ts'
import type { IssueProtocol } from '../protocols/protocol.ts'
import type { AppMiddleware } from '../server/request-state.ts'
import { withConfiguredCookie } from './configured-cookie.ts'
import { createIssueRequest } from './issue-request.ts'
import { warnOfLargeToken } from './large-token.ts'
import { createConfiguredRefreshing, createRefreshRoute } from './refreshing.ts'
import { type Route, startRoute } from './route.ts'
import type { Services } from './services.ts'

/** @returns the route, and the one that its refresh tokens are exchanged on, if it has such */
export function createIssueRoutes(config: IssueRouteConfig, services: Services): Route[] {
  const { issuer, limits, keyStore, revocation, now } = services
  const signer = keyStore.signer(config.key)
  const sign = createSign({
    signer: keyStore.signer(config.key, config.typ),
    issuer,
    now,
    notBeforeSeconds:
      config.notBefore === undefined ? undefined : Math.floor(config.notBefore / 1000),
    createId: config.jti || revocation !== undefined ? createTokenId : undefined,
    maxTokenLength: limits.token
  })
  const refreshing =
    revocation === undefined
      ? undefined
      : createConfiguredRefreshing(config, { signer, sign, revocation }, services)
  const issue =
    refreshing?.issue ??
    createIssue({
      gather: createGather(createSources(config.claims, signer, services, config.expiresAt)),
      sign,
      lifetimeSeconds: toLifetime(config)
    })
  const protocol = withConfiguredCookie(
    createIssueProtocol(config, limits),
    config.cookie,
    services
  )
  const apiKeys = config.auth?.apiKeys
  const issueRoute = {
    path: config.issue,
    methods: protocol.methods,
    steps: [
      ...startRoute({
        path: config.issue,
        protocol,
        apiKeys,
        maxRequests: config.limits.requests,
        maxBodyBytes: limits.body
      }),
      createIssueHandler(config.issue, protocol, issue, services)
    ]
  }
  if (refreshing === undefined || config.refresh === undefined) return [issueRoute]
  const { route } = config.refresh
  return [issueRoute, createRefreshRoute(route, refreshing, protocol, { apiKeys, services })]
}

function toLifetime({ lifetime }: IssueRouteConfig): IssueOptions['lifetimeSeconds'] {
  return typeof lifetime === 'number'
    ? Math.floor(lifetime / 1000)
    : createLifetimeOf(lifetime.body, Math.floor(lifetime.max / 1000))
}

/** request -> protocol reads it -> issue -> protocol answers */
function createIssueHandler(
  route: string,
  protocol: IssueProtocol,
  issue: Issue,
  { limits, metrics, logger }: Services
): AppMiddleware {
  return async function issueToken(context) {
    const issued = await issue(
      createIssueRequest(context, protocol.readBody(context), limits.depth)
    )
    metrics.tokenIssued(route)
    warnOfLargeToken(context, issued.token, logger)
    protocol.writeToken(context, issued)
  }
}
