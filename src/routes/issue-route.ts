/** An `issue` route of the configuration becomes a route that answers. */
import type { IssueRouteConfig } from '../config/schema/routes/issue.ts'
import { createGather, createIssue, type Issue } from '../issue/issue.ts'
import { createSign } from '../issue/sign.ts'
import type { AppMiddleware } from '../middleware/request-state.ts'
import { createIssueProtocol } from '../protocols/issue-protocols.ts'
import type { IssueProtocol } from '../protocols/protocol.ts'
import { createIssueRequest } from './issue-request.ts'
import { type Route, startRoute } from './route.ts'
import type { Services } from './services.ts'
import { createSources } from './sources.ts'

/** Many servers refuse header fields over 8 KiB, and a token travels in one. */
const LARGE_TOKEN_LENGTH = 8192

export function createIssueRoute(config: IssueRouteConfig, services: Services): Route {
  const { issuer, limits, keyStore, now } = services
  const signer = keyStore.signer(config.key)
  const issue = createIssue({
    gather: createGather(createSources(config.claims, signer, services)),
    sign: createSign({ signer, issuer, now, maxTokenLength: limits.token }),
    lifetimeSeconds: Math.floor(config.lifetime / 1000)
  })
  const protocol = createIssueProtocol(config, limits)
  return {
    path: config.issue,
    methods: protocol.methods,
    steps: [
      ...startRoute({
        path: config.issue,
        protocol,
        apiKeys: config.auth?.apiKeys,
        maxBodyBytes: limits.body
      }),
      createIssueHandler(config.issue, protocol, issue, services)
    ]
  }
}

/** request -> protocol reads it -> issue -> protocol answers */
function createIssueHandler(
  route: string,
  protocol: IssueProtocol,
  issue: Issue,
  { metrics, logger }: Services
): AppMiddleware {
  return async function issueToken(context) {
    const issued = await issue(createIssueRequest(context, protocol.readBody(context)))
    metrics.tokenIssued(route)
    const { length } = issued.token
    if (length > LARGE_TOKEN_LENGTH) {
      const { requestId, traceId } = context.state
      logger.warn({ requestId, traceId, route, length }, 'token over 8 KiB')
    }
    protocol.writeToken(context, issued)
  }
}
