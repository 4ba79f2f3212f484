/** A route of the protocol krakend: one source, whose reply is sealed as a whole. */

import { createGather, type IssueRequest } from '../../issue/issue.ts'
import { createSeal, type SealedDocument } from '../../issue/seal.ts'
import { createSign, createTokenId } from '../../issue/sign.ts'
import { createSources, sendsBody } from '../../issue/sources/registry.ts'
import { remoteReply } from '../../remote/remote-errors.ts'
import { addPassed, createIssueRequest, createRouteAttempts, noteIssued } from '../issuing.ts'
import type { RouteBuilder } from '../protocol.ts'
import { withRelay } from '../relay.ts'
import { createRoute, type Route } from '../route.ts'
import { assertSiteFor } from '../same-site.ts'
import type { Services } from '../services.ts'
import { createKrakendFormat } from './format.ts'
import { describeKrakend } from './openapi.ts'
import type { KrakendRouteConfig } from './settings.ts'

/** The name of the reply between its source and its seal. */
const REPLY = 'reply'

export const builder = {
  create: (config, services) => [createKrakendRoute(config, services)],
  describe: (config) => ({ [config.issue]: describeKrakend(config) })
} satisfies RouteBuilder<KrakendRouteConfig>

/** request -> format reads it -> source -> seal -> format answers */
function createKrakendRoute(config: KrakendRouteConfig, services: Services): Route {
  const { limits } = services
  const format = withRelay(
    createKrakendFormat({
      statuses: config.statuses,
      isSent: sendsBody(config.claims),
      maxDepth: limits.depth
    }),
    config
  )
  const issueDocument = createIssueDocument(config, services)
  const attempt = createRouteAttempts({ ...config, path: config.issue }, services)
  return createRoute({
    path: config.issue,
    format,
    apiKeys: config.auth?.apiKeys,
    isCostly: true,
    assertSite: assertSiteFor(config, services),
    maxRequests: config.limits.requests,
    maxBodyBytes: limits.body,
    async respond(exchange) {
      const request = createIssueRequest(exchange, format.read(exchange), limits.depth)
      const { document, tokens } = await (attempt === undefined
        ? issueDocument(request)
        : attempt(request, issueDocument))
      for (const token of tokens) noteIssued(exchange, { token }, services)
      return addPassed(format.answer(document, exchange.note.replyStatus ?? 200), exchange)
    }
  })
}

type IssueDocument = (request: IssueRequest) => Promise<SealedDocument>

function createIssueDocument(config: KrakendRouteConfig, services: Services): IssueDocument {
  const { issuer, limits, keyStore, revocation, now } = services
  const whole = { at: REPLY, success: '2xx', onError: 'fail' } as const
  const sources = config.claims.map((source) => ({ ...source, ...whole }))
  const gather = createGather(
    createSources(sources, (key = config.key, typ) => keyStore.signer(key, typ), services)
  )
  const seal = createSeal({
    fields: config.sign,
    sign: createSign({
      signer: keyStore.signer(config.key, config.typ),
      issuer,
      now,
      createId: revocation === undefined ? undefined : createTokenId,
      keepsGiven: true,
      maxTokenLength: limits.token
    }),
    lifetimeSeconds: config.lifetime,
    requiresExp: config.expiresAt === 'required',
    full: config.full
  })

  return async function issueDocument(request) {
    const reply = (await gather(request)).get(REPLY)
    if (reply === undefined) throw remoteReply('reply is empty')
    return seal(reply)
  }
}
