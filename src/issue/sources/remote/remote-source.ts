/** The source `remote`: claims from the JSON API behind the service. */
import { type ErrorCode, ServiceError } from '../../../errors.ts'
import { type JsonText, JsonTextError, parseJsonBytes } from '../../../json/json-text.ts'
import { addressIn } from '../../../remote/address.ts'
import { remoteReply } from '../../../remote/remote-errors.ts'
import { at, givenOf, itemsOf, type PartialOf, type Placed } from '../../../settings/placed.ts'
import { variablesIn } from '../../../settings/route-paths.ts'
import type { Claims } from '../../claims.ts'
import type { IssueRequest, Source } from '../../issue.ts'
import { createServiceBearer } from '../../service-bearer.ts'
import { namesOfPlaces } from '../places.ts'
import type { SourceContext, SourceKind, SourceNames } from '../source-kind.ts'
import { bodyModeOf, createWriteCall } from './call.ts'
import { createNoteExpiry, createTakeClaims } from './reply.ts'
import { type RemoteConfig, remoteSourceSchema } from './settings.ts'

export const remoteKind = {
  from: 'remote',
  settings: remoteSourceSchema,
  create: createRemoteSource,
  inputs: ({ metadata = [] }) =>
    metadata.map(({ name, header, parameter }) => ({
      header,
      parameter,
      description: `Sent to the remote as \`${name}\`.`,
      required: false
    })),
  names: findNames,
  addresses: (config) => [addressIn(config, 'url', 'http')],
  sendsBody: (config) => bodyModeOf(config) === 'body'
} satisfies SourceKind<RemoteConfig>

const NONE: Claims = new Map()

/** Calls the remote, and makes claims out of its reply, text for text. */
function createRemoteSource(config: RemoteConfig, context: SourceContext): Source {
  const { limits, now, signer, expiresAt } = context
  const { url, method, metadata = [], forward = [], bearer, pick, drop } = config
  const name = new URL(url).host
  const remote = context.connect({
    url,
    headers: config.headers,
    timeoutMs: config.timeout,
    connectTimeoutMs: config.connectTimeout,
    maxReplyBytes: config.limits?.reply ?? limits.reply,
    maxCalls: config.limits?.calls ?? limits.calls,
    success: config.success,
    tls: config.tls
  })
  const writeCall = createWriteCall({ url, method, send: bodyModeOf(config), metadata, forward })
  const serviceBearer =
    bearer === undefined ? undefined : createServiceBearer({ data: bearer, signer, now })
  const takeClaims = createTakeClaims({
    at: config.at,
    pick: pick && Object.entries(pick).map(([claim, path]) => ({ claim, ...path })),
    drop
  })
  const noteExpiry = expiresAt && createNoteExpiry(expiresAt)
  const takesEmpty = config.success === '2xx'
  const noteSkip = config.onError === 'skip' ? createSkipNote(name, context) : undefined

  return async function remoteSource(request) {
    const { onAbort, note, limit } = request
    const { method, path, headers, body } = writeCall(request)
    const bearer = serviceBearer?.()
    const authorization = bearer instanceof Promise ? await bearer : bearer
    const startedAt = performance.now()
    try {
      const reply = await remote.call({
        method,
        path,
        headers,
        body,
        authorization,
        trace: request.trace,
        note,
        onAbort
      })
      const json = takesEmpty && reply.length === 0 ? undefined : parseReply(reply, limits.depth)
      const claims = json === undefined ? NONE : takeClaims(json)
      noteExpiry?.(json, limit)
      return claims
    } catch (error) {
      if (noteSkip === undefined || !isSkippable(error)) {
        note.failedRemote = name
        throw error
      }
      noteSkip(error, request)
      return NONE
    } finally {
      note.remoteSeconds = (note.remoteSeconds ?? 0) + (performance.now() - startedAt) / 1000
    }
  }
}

function parseReply(reply: Uint8Array, maxDepth: number): JsonText {
  try {
    return parseJsonBytes(reply, maxDepth)
  } catch (error) {
    if (error instanceof JsonTextError) throw remoteReply(`reply is ${error.message}`)
    throw error
  }
}

/** Logs and counts that a token lacks claims, since the token itself does not show it. */
function createSkipNote(host: string, { logger, metrics }: SourceContext) {
  return function noteSkip(
    { code, message, remoteStatus }: ServiceError,
    { id }: IssueRequest
  ): void {
    metrics.remoteSkipped(host, code)
    logger.warn(
      { requestId: id, remote: host, code, error: message, remoteStatus },
      'claims of a remote skipped'
    )
  }
}

/** Failures of the remote itself, which a source may skip. Too many calls, and a client that is gone, are none. */
const FAILURES: ReadonlySet<ErrorCode> = new Set([
  'remote_failed',
  'remote_timeout',
  'remote_reply',
  'remote_status'
])

/** A 4xx of the remote rejects the request: it is never skipped. */
function isSkippable(error: unknown): error is ServiceError {
  if (!(error instanceof ServiceError) || !FAILURES.has(error.code)) return false
  const { remoteStatus } = error
  return remoteStatus === undefined || remoteStatus < 400 || remoteStatus >= 500
}

/** A variable of the URL is the metadata of that name, or else one of the route's path. */
function findNames(config: Placed<PartialOf<RemoteConfig>>): SourceNames {
  const entries = itemsOf(at(config, 'metadata'))
  const places = entries.map(namesOfPlaces)
  const given = entries.map((entry) => at(entry, 'name').value)
  const inUrl = givenOf(at(config, 'url')).flatMap(({ value, ...place }) =>
    variablesIn(value)
      .filter((name) => !given.includes(name))
      .map((name) => ({ ...place, value: name }))
  )
  return {
    variables: [...places.flatMap(({ variables }) => variables), ...inUrl],
    headers: [...places.flatMap(({ headers }) => headers), ...itemsOf(at(config, 'forward'))]
  }
}
