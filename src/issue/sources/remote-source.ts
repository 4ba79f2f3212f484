/** Claims from the JSON API behind the service. */
import { type JsonText, JsonTextError, parseJsonBytes } from '../../json/json-text.ts'
import type { Remote } from '../../remote/remote.ts'
import { remoteReply } from '../../remote/remote-errors.ts'
import { readTraceHeaders } from '../../remote/trace-context.ts'
import type { Source } from '../issue.ts'

export interface RemoteSourceOptions {
  readonly remote: Remote
  /** The claim that the reply is put under. */
  readonly claim: string
  /** Gives the service bearer; no bearer is sent when left out. */
  readonly serviceBearer?: (() => Promise<string> | string) | undefined
  /** Levels that the JSON of the reply may nest. */
  readonly maxDepth: number
}

/** Posts the client's JSON to the remote, and takes the JSON of the reply as one claim, text for text. */
export function createRemoteSource({
  remote,
  claim,
  serviceBearer,
  maxDepth
}: RemoteSourceOptions): Source {
  return async function remoteSource({ body, headers, onAbort, trace }) {
    const authorization =
      serviceBearer === undefined ? undefined : `Bearer ${await serviceBearer()}`
    const startedAt = performance.now()
    try {
      const reply = await remote.post({
        body,
        authorization,
        trace: readTraceHeaders(headers),
        onAbort
      })
      return new Map([[claim, parseReply(reply, maxDepth)]])
    } finally {
      trace.remoteSeconds = (trace.remoteSeconds ?? 0) + (performance.now() - startedAt) / 1000
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
