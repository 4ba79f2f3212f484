/** The wire format of KrakenD's signer: the remote's reply comes back as it was, with tokens in place of some fields. */
import type { JsonText } from '../json/json-text.ts'
import type { AppContext } from '../server/request-state.ts'
import { challengeFor } from './bearer-token.ts'
import { createJsonBodyReader } from './json-body.ts'
import type { Protocol } from './protocol.ts'
import { type Statuses, statusOf } from './statuses.ts'

export interface KrakendProtocol extends Protocol {
  /**
   * Gives the client's JSON, byte for byte.
   * @throws ServiceError `invalid_request` for a body that is no JSON
   */
  readonly readBody: (context: AppContext) => Uint8Array
  /** @param status that of the reply */
  readonly writeDocument: (context: AppContext, document: JsonText, status: number) => void
}

export interface KrakendProtocolOptions {
  readonly statuses: Statuses
  /** Levels that the JSON of a request may nest. */
  readonly maxDepth: number
}

/** Takes any JSON body; answers with the sealed document, or with `{"error": "..."}`. */
export function createKrakendProtocol({
  statuses,
  maxDepth
}: KrakendProtocolOptions): KrakendProtocol {
  return {
    methods: ['POST'],

    readBody: createJsonBodyReader(maxDepth),

    writeDocument(context, document, status) {
      context.status = status
      context.set('Content-Type', 'application/json; charset=utf-8')
      context.set('Cache-Control', 'no-store')
      context.body = document
    },

    writeError(context, error) {
      context.status = statusOf(error, statuses)
      if (context.status === 401) context.set('WWW-Authenticate', challengeFor(error))
      context.body = { error: error.message }
    }
  }
}
