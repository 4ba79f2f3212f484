/** The source `remote`: claims from the JSON API behind the service. */
import { type ErrorCode, ServiceError } from '../../../errors.ts'
import { JsonTextError, type ReadJson, readJsonBytes } from '../../../json/json-text.ts'
import { addressIn } from '../../../remote/address.ts'
import { remoteReply } from '../../../remote/remote-errors.ts'
import { createPickHeaders, type PassedHeaders } from '../../../remote/reply-headers.ts'
import { BEARER_TYP } from '../../../service-bearer-mark.ts'
import { at, givenOf, itemsOf, type PartialOf, type Placed } from '../../../settings/placed.ts'
import { variablesIn } from '../../../settings/route-paths.ts'
import type { Claims } from '../../claims.ts'
import type { IssueRequest, Source } from '../../issue.ts'
import { createServiceBearer } from '../../service-bearer.ts'
import { namesOfPlaces } from '../places.ts'
import type { SourceContext, SourceInput, SourceKind, SourceNames } from '../source-kind.ts'
import { bodyModeOf, createWriteCall } from './call.ts'
import { createAssertAccepted } from './refuse.ts'
import { createNoteExpiry, createTakeClaims } from './reply.ts'
import { takesFromClient } from './sent-body.ts'
import { type RemoteConfig, remoteSourceSchema } from './settings.ts'

export const remoteKind = {
  from: 'remote',
  settings: remoteSourceSchema,
  create: createRemoteSource,
  inputs: findInputs,
  names: findNames,
  addresses: (config) => [addressIn(config, 'url', 'http')],
  setsSubject: ({ pick = {} }) => Object.hasOwn(pick, 'sub'),
  sendsBody
} satisfies SourceKind<RemoteConfig>

function findInputs(config: RemoteConfig): readonly SourceInput[] {
  const { metadata = [], body = {} } = config
  const describe = (name: string) => ({
    description: `Sent to the remote as \`${name}\`.`,
    required: false
  })
  return [
    ...metadata.map(({ name, header, parameter }) => ({ header, parameter, ...describe(name) })),
    ...Object.entries(body).flatMap(([name, field]) =>
      'path' in field ? [{ body: field.path, ...describe(name) }] : []
    ),
    ...(config.body === undefined && sendsBody(config)
      ? [{ wholeBody: true, ...describe('the body') }]
      : [])
  ]
}

function sendsBody(config: RemoteConfig): boolean {
  const { body } = config
  return (
    ['body', 'form'].includes(bodyModeOf(config)) && (body === undefined || takesFromClient(body))
  )
}

const NONE: Claims = new Map()

/** Calls the remote, and makes claims from its reply, text for text. */
function createRemoteSource(config: RemoteConfig, context: SourceContext): Source {
  const { limits, now, signer, expiresAt } = context
  const { url, method, metadata = [], forward = [], clientAddress, bearer, pick, drop } = config
  const name = new URL(url).host
  const remote = context.connect({
    url,
    headers: config.headers,
    timeoutMs: config.timeout,
    connectTimeoutMs: config.connectTimeout,
    maxReplyBytes: config.limits?.reply ?? limits.reply,
    maxCalls: config.limits?.calls ?? limits.calls,
    success: config.success,
    breaker: config.breaker === 'off' ? undefined : config.breaker,
    tls: config.tls,
    proxy: config.proxy
  })
  const writeCall = createWriteCall({
    url,
    method,
    send: bodyModeOf(config),
    fields: config.body,
    metadata,
    forward,
    clientAddress
  })
  const isTyped = config.bearerForm === 'typed'
  const serviceBearer =
    bearer === undefined
      ? undefined
      : createServiceBearer({
          data: bearer,
          signer: signer(config.bearerKey, isTyped ? BEARER_TYP : undefined),
          audience: isTyped ? new URL(url).origin : undefined,
          now
        })
  const assertAccepted = createAssertAccepted(config.refuse)
  const takeClaims = createTakeClaims({
    at: config.at,
    pick: pick && Object.entries(pick).map(([claim, path]) => ({ claim, ...path })),
    drop,
    takesNull: config.success === '2xx'
  })
  const pickHeaders = config.pass && createPickHeaders(config.pass)
  const noteExpiry = expiresAt && createNoteExpiry(expiresAt)
  const takesEmpty = config.success === '2xx'
  const noteSkip = config.onError === 'skip' ? createSkipNote(name, context) : undefined

  return async function remoteSource(request) {
    const { onAbort, note, limit } = request
    const { method, path, headers, forwardedFor, body, contentType } = writeCall(request)
    const bearer = serviceBearer?.()
    const authorization = bearer instanceof Promise ? await bearer : bearer
    const startedAt = performance.now()
    const askedAtSeconds = noteExpiry === undefined ? 0 : Math.floor(now() / 1000)
    try {
      return await remote.call({
        method,
        path,
        headers,
        body,
        contentType,
        authorization,
        forwardedFor,
        trace: request.trace,
        note,
        onAbort,
        read(reply, replyHeaders) {
          const json = takesEmpty && reply.length === 0 ? undefined : readReply(reply, limits.depth)
          assertAccepted?.(json?.value, { headers: replyHeaders, body: reply })
          const claims = json === undefined ? NONE : takeClaims(json.text)
          if (pickHeaders !== undefined) passHeaders(note, pickHeaders(replyHeaders))
          noteExpiry?.(json?.text, limit, askedAtSeconds)
          return claims
        }
      })
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

/** Fields of a later remote win; cookies of all remotes are set. */
function passHeaders(note: IssueRequest['note'], headers: PassedHeaders): void {
  const cookies = [note.passed?.['Set-Cookie'] ?? [], headers['Set-Cookie'] ?? []].flat()
  note.passed = {
    ...note.passed,
    ...headers,
    ...(cookies.length > 0 && { 'Set-Cookie': cookies })
  }
}

function readReply(reply: Uint8Array, maxDepth: number): ReadJson {
  try {
    return readJsonBytes(reply, maxDepth)
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

/** Failures of the remote itself, which a source may skip. Too many calls, and a disconnected client, are not. */
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

/** A variable of the URL is the metadata of that name, or else a variable of the route's path. */
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
