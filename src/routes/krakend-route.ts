/** A route of the krakend protocol becomes a route that answers: one source, whose reply is sealed as a whole. */

import { createGather, type IssueRequest } from '../issue/issue.ts'
import { createSeal, type SealedDocument } from '../issue/seal.ts'
import { createSign } from '../issue/sign.ts'
import { createSources } from '../issue/sources/create-sources.ts'
import { createTokenId } from '../issue/token-id.ts'
import type { KrakendRouteConfig } from '../protocols/krakend/settings.ts'
import { createKrakendProtocol, type KrakendProtocol } from '../protocols/krakend.ts'
import { remoteReply } from '../remote/remote-errors.ts'
import type { AppMiddleware } from '../server/request-state.ts'
import { createIssueRequest } from './issue-request.ts'
import { warnOfLargeToken } from './large-token.ts'
import { type Route, startRoute } from './route.ts'
import type { Services } from './services.ts'

/** The name of the reply between its source and its seal. */
const REPLY = 'reply'

/** Makes the route. It has one source, whose reply is all that there is. */
export function createKrakendRoute(config: KrakendRouteConfig, services: Services): Route {
  const { limits } = services
  const protocol = createKrakendProtocol({ statuses: config.statuses, maxDepth: limits.depth })
  return {
    path: config.issue,
    methods: protocol.methods,
    steps: [
      ...startRoute({
        path: config.issue,
        protocol,
        apiKeys: config.auth?.apiKeys,
        maxRequests: config.limits.requests,
        maxBodyBytes: limits.body
      }),
      createSealHandler(config.issue, protocol, createIssueDocument(config, services), services)
    ]
  }
}

type IssueDocument = (request: IssueRequest) => Promise<SealedDocument>

function createIssueDocument(config: KrakendRouteConfig, services: Services): IssueDocument {
  const { issuer, limits, keyStore, revocation, now } = services
  const whole = { at: REPLY, success: '2xx', onError: 'fail' } as const
  const sources = config.claims.map((source) => ({ ...source, ...whole }))
  const gather = createGather(createSources(sources, keyStore.signer(config.key), services))
  const seal = createSeal({
    fields: config.sign,
    sign: createSign({
      signer: keyStore.signer(config.key, config.typ),
      issuer,
      now,
      createId: revocation === undefined ? undefined : createTokenId,
      maxTokenLength: limits.token
    }),
    lifetimeSeconds: config.lifetime === undefined ? undefined : Math.floor(config.lifetime / 1000),
    requiresExp: config.expiresAt === 'required',
    full: config.full
  })

  return async function issueDocument(request) {
    const reply = (await gather(request)).get(REPLY)
    if (reply === undefined) throw remoteReply('reply is empty')
    return seal(reply)
  }
}

/** request -> protocol reads it -> source -> seal -> protocol answers */
function createSealHandler(
  route: string,
  protocol: KrakendProtocol,
  issueDocument: IssueDocument,
  services: Services
): AppMiddleware {
  return async function sealReply(context) {
    const request = createIssueRequest(context, protocol.readBody(context), services.limits.depth)
    const { document, tokens } = await issueDocument(request)
    for (const token of tokens) {
      services.metrics.tokenIssued(route)
      warnOfLargeToken(context, token, services.logger)
    }
    protocol.writeDocument(context, document, request.trace.replyStatus ?? 200)
  }
}
