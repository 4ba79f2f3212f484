/** An `issue` route of the configuration becomes the middleware that answers it. */
import type { ServerResponse } from 'node:http'
import type { IssueRouteConfig, RemoteSourceConfig } from '../config/schema/full-form.ts'
import { createIssue, type Issue, type Source } from '../issue/issue.ts'
import { createRemoteSource } from '../issue/remote-source.ts'
import { createServiceBearer } from '../issue/service-bearer.ts'
import { createSign } from '../issue/sign.ts'
import type { Signer } from '../keys/key-store.ts'
import { createBodyReader } from '../middleware/body.ts'
import type { AppMiddleware } from '../middleware/request-state.ts'
import type { IssueProtocol } from '../protocols/protocol.ts'
import { createTxtokenIssueProtocol } from '../protocols/txtoken-issue.ts'
import { createAnswerer } from './answerer.ts'
import type { Services } from './services.ts'

/** Many servers refuse header fields over 8 KiB, and a token travels in one. */
const LARGE_TOKEN_LENGTH = 8192

export function createIssueRoute(config: IssueRouteConfig, services: Services): AppMiddleware[] {
  const { issuer, limits, keyStore, now } = services
  const signer = keyStore.signer(config.key)
  const issue = createIssue({
    sources: config.claims.map((source) => createSource(source, signer, services)),
    sign: createSign({ signer, issuer, now, maxTokenLength: limits.token }),
    lifetimeSeconds: Math.floor(config.lifetime / 1000)
  })
  const protocol = createTxtokenIssueProtocol({ statuses: config.statuses, maxDepth: limits.depth })
  return [
    createAnswerer(config.issue, protocol),
    createBodyReader(limits.body),
    createIssueHandler(config.issue, protocol, issue, services)
  ]
}

function createSource(config: RemoteSourceConfig, signer: Signer, services: Services): Source {
  const { limits, now, connect } = services
  return createRemoteSource({
    remote: connect({
      url: config.url,
      timeoutMs: config.timeout,
      connectTimeoutMs: config.connectTimeout,
      maxReplyBytes: limits.reply,
      maxCalls: limits.calls,
      tls: config.tls
    }),
    claim: config.at,
    serviceBearer:
      config.bearer === undefined
        ? undefined
        : createServiceBearer({ data: config.bearer, signer, now }),
    maxDepth: limits.depth
  })
}

/** request -> protocol reads it -> issue -> protocol answers */
function createIssueHandler(
  route: string,
  protocol: IssueProtocol,
  issue: Issue,
  { metrics, logger }: Services
): AppMiddleware {
  return async function issueToken(context) {
    const { body } = protocol.readRequest(context)
    const token = await issue({
      body,
      onAbort: (listener) => onClose(context.res, listener),
      trace: context.state.trace
    })
    metrics.tokenIssued(route)
    if (token.length > LARGE_TOKEN_LENGTH) {
      logger.warn(
        { requestId: context.state.requestId, route, length: token.length },
        'token over 8 KiB'
      )
    }
    protocol.writeToken(context, token)
  }
}

/** The connection ends under an answer that is under way, or has ended before anybody listened. */
function onClose(response: ServerResponse, listener: () => void): void {
  if (response.closed) listener()
  else response.once('close', listener)
}
