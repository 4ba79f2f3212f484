/** The wire format of KrakenD's signer: the remote's reply comes back as it was, with tokens in place of some fields. */
import type { JsonText } from '../../json/json-text.ts'
import { challengeOf401 } from '../bearer-token.ts'
import { type Answer, JSON_NO_STORE, jsonAnswer } from '../exchange.ts'
import { createJsonBodyReader, type ReadBody } from '../json-body.ts'
import type { WireFormat } from '../route.ts'
import { type Statuses, statusOf } from '../statuses.ts'

export interface KrakendFormat extends WireFormat {
  readonly read: ReadBody
  /** @param status that of the reply */
  readonly answer: (document: JsonText, status: number) => Answer
}

export interface KrakendFormatOptions {
  readonly statuses: Statuses
  /** Levels that the JSON of a request may nest. */
  readonly maxDepth: number
}

/** Takes any JSON body; answers with the sealed document, or with `{"error": "..."}`. */
export function createKrakendFormat({ statuses, maxDepth }: KrakendFormatOptions): KrakendFormat {
  return {
    methods: ['POST'],
    read: createJsonBodyReader(maxDepth),
    answer: (document, status) => ({ status, headers: JSON_NO_STORE, body: document }),
    refuse(error) {
      const status = statusOf(error, statuses)
      const challenge = challengeOf401(status, error)
      return jsonAnswer(status, { error: error.message }, challenge)
    }
  }
}
