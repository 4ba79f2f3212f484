/** A remote source of the configuration becomes one of a pipeline. */

import type { Signer } from '../../../keys/key-store.ts'
import type { IssueRouteConfig } from '../../../protocols/issue/settings.ts'
import type { Services } from '../../../protocols/services.ts'
import type { Source } from '../../issue.ts'
import { createServiceBearer } from '../../service-bearer.ts'
import type { RemoteSourceConfig } from '../settings.ts'
import { createNoteExpiry } from './expiry.ts'
import { createRemoteSource, type RemoteSourceOptions } from './remote-source.ts'
import { sendingOf } from './sent-body.ts'
import { createTakeClaims, type Pick } from './take-claims.ts'
import { createWriteCall } from './write-call.ts'

/** Where a reply says until when it is true. */
export type ExpiryConfig = NonNullable<IssueRouteConfig['expiresAt']>

/**
 * @param signer signs the service bearers that the remote is shown
 * @param expiresAt where the reply says until when it is true; it does not say when left out
 */
export function createConfiguredRemoteSource(
  config: RemoteSourceConfig,
  signer: Signer,
  services: Services,
  expiresAt?: ExpiryConfig
): Source {
  const { limits, now, connect } = services
  const { url, method, metadata = [], headers, forward = [] } = config
  return createRemoteSource({
    name: new URL(url).host,
    remote: connect({
      url,
      headers,
      timeoutMs: config.timeout,
      connectTimeoutMs: config.connectTimeout,
      maxReplyBytes: config.limits?.reply ?? limits.reply,
      maxCalls: config.limits?.calls ?? limits.calls,
      success: config.success,
      tls: config.tls
    }),
    writeCall: createWriteCall({
      url,
      method,
      send: sendingOf(config),
      metadata,
      forward
    }),
    serviceBearer:
      config.bearer === undefined
        ? undefined
        : createServiceBearer({ data: config.bearer, signer, now }),
    takeClaims: createTakeClaims({ at: config.at, pick: listPicks(config), drop: config.drop }),
    noteExpiry:
      expiresAt === undefined ? undefined : createNoteExpiry(expiresAt.path, expiresAt.isOptional),
    takesEmpty: config.success === '2xx',
    onSkip: config.onError === 'skip' ? createSkipNote(url, services) : undefined,
    maxDepth: limits.depth
  })
}

function listPicks({ pick }: RemoteSourceConfig): Pick[] | undefined {
  if (pick === undefined) return undefined
  return Object.entries(pick).map(([claim, path]) => ({ claim, ...path }))
}

/** Says of a token that it lacks claims: nobody sees it from the token. */
function createSkipNote(
  url: string,
  { logger, metrics }: Services
): NonNullable<RemoteSourceOptions['onSkip']> {
  const { host } = new URL(url)

  return function noteSkip({ code, message, remoteStatus }, { id }) {
    metrics.remoteSkipped(host, code)
    logger.warn(
      { requestId: id, remote: host, code, error: message, remoteStatus },
      'claims of a remote skipped'
    )
  }
}
