/** Claims from the JSON API behind the service. */
import type { ServiceError } from '../../../errors.ts'
import { type JsonText, JsonTextError, parseJsonBytes } from '../../../json/json-text.ts'
import type { Remote } from '../../../remote/remote.ts'
import { remoteReply } from '../../../remote/remote-errors.ts'
import { readTraceHeaders } from '../../../remote/trace-context.ts'
import type { Claims } from '../../claims.ts'
import type { IssueRequest, Source } from '../../issue.ts'
import type { NoteExpiry } from './expiry.ts'
import { isSkippable } from './skippable.ts'
import type { TakeClaims } from './take-claims.ts'
import type { WriteCall } from './write-call.ts'

export interface RemoteSourceOptions {
  readonly remote: Remote
  /** What the log calls it. */
  readonly name: string
  readonly writeCall: WriteCall
  /** Gives the service bearer; no bearer is sent when left out. */
  readonly serviceBearer?: (() => Promise<string> | string) | undefined
  readonly takeClaims: TakeClaims
  /** Notes until when the reply is true; it is true for as long as a token lives when left out. */
  readonly noteExpiry?: NoteExpiry | undefined
  /** Whether a reply without a body is one without claims. */
  readonly takesEmpty: boolean
  /** Told of a failure that the token goes out in spite of; none does when left out. */
  readonly onSkip?: ((error: ServiceError, request: IssueRequest) => void) | undefined
  /** Levels that the JSON of the reply may nest. */
  readonly maxDepth: number
}

const NONE: Claims = new Map()

/** Calls the remote, and makes claims out of its reply, text for text. */
export function createRemoteSource(options: RemoteSourceOptions): Source {
  const { remote, writeCall, serviceBearer, takeClaims, noteExpiry, takesEmpty, maxDepth } = options
  const { name, onSkip } = options

  return async function remoteSource(request) {
    const { onAbort, note, limit } = request
    const { method, path, headers, body } = writeCall(request)
    const authorization =
      serviceBearer === undefined ? undefined : `Bearer ${await serviceBearer()}`
    const startedAt = performance.now()
    try {
      const reply = await remote.call({
        method,
        path,
        headers,
        body,
        authorization,
        trace: readTraceHeaders(request.headers),
        note,
        onAbort
      })
      const json = takesEmpty && reply.length === 0 ? undefined : parseReply(reply, maxDepth)
      const claims = json === undefined ? NONE : takeClaims(json)
      noteExpiry?.(json, limit)
      return claims
    } catch (error) {
      if (onSkip === undefined || !isSkippable(error)) {
        note.failedRemote = name
        throw error
      }
      onSkip(error, request)
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
