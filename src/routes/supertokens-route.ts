/** A route of the SuperTokens protocol becomes routes that answer: the pipeline of tokens, with two keys to choose from. */

import { createGather } from '../issue/issue.ts'
import { createSign, type Sign } from '../issue/sign.ts'
import { createSources } from '../issue/sources/create-sources.ts'
import { createTokenId } from '../issue/token-id.ts'
import type { SupertokensRouteConfig } from '../protocols/supertokens/settings.ts'
import {
  createSupertokensProtocol,
  type SupertokensProtocol,
  versionPathOf
} from '../protocols/supertokens.ts'
import { bodyOf } from '../server/body.ts'
import type { AppMiddleware } from '../server/request-state.ts'
import { withConfiguredCookie } from './configured-cookie.ts'
import { createIssueRequest } from './issue-request.ts'
import { warnOfLargeToken } from './large-token.ts'
import { type Route, startRoute } from './route.ts'
import type { Services } from './services.ts'

/** The route itself, and the one by which a client finds out which version of the interface it may use. */
export function createSupertokensRoutes(
  config: SupertokensRouteConfig,
  services: Services
): Route[] {
  const { limits } = services
  const versionPath = versionPathOf(config.issue)
  const protocol = withConfiguredCookie(
    createSupertokensProtocol({
      mostSeconds: Math.floor(config.lifetime / 1000),
      maxDepth: limits.depth
    }),
    config.cookie,
    services
  )
  const start = { protocol, maxBodyBytes: limits.body }
  return [
    {
      path: config.issue,
      methods: protocol.methods,
      steps: [
        ...startRoute({
          ...start,
          path: config.issue,
          apiKeys: config.auth?.apiKeys,
          maxRequests: config.limits.requests
        }),
        createIssueHandler(config, protocol, services)
      ]
    },
    {
      path: versionPath,
      methods: ['GET'],
      // The core asks for no key here either.
      steps: [...startRoute({ ...start, path: versionPath }), protocol.writeVersions]
    }
  ]
}

/** request -> protocol reads it -> sources -> sign, with the key that was asked for -> protocol answers */
function createIssueHandler(
  { issue, claims: sources, key, dynamicKey }: SupertokensRouteConfig,
  protocol: SupertokensProtocol,
  services: Services
): AppMiddleware {
  const gather = createGather(createSources(sources, services.keyStore.signer(key), services))
  const signStatic = createSignWith(key, services)
  const signDynamic = createSignWith(dynamicKey, services)

  return async function issueToken(context) {
    const asked = protocol.readRequest(context)
    if (asked === undefined) return protocol.writeUnsupportedAlgorithm(context)
    const gathered = await gather(
      createIssueRequest(context, bodyOf(context), services.limits.depth)
    )
    const claims = new Map([...asked.claims, ...gathered])
    const sign = asked.useStaticKey ? signStatic : signDynamic
    const issued = await sign(claims, { lifetimeSeconds: asked.validitySeconds })
    services.metrics.tokenIssued(issue)
    warnOfLargeToken(context, issued.token, services.logger)
    protocol.writeToken(context, issued)
  }
}

function createSignWith(key: string, { keyStore, revocation, now, limits }: Services): Sign {
  return createSign({
    signer: keyStore.signer(key),
    now,
    createId: revocation === undefined ? undefined : createTokenId,
    maxTokenLength: limits.token
  })
}
