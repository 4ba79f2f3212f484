/** The wire format of KrakenD's signer: answers the remote's reply unchanged, with tokens in place of some fields. */
import type { JsonText } from '../../json/json-text.ts'
import { challengeOf401 } from '../bearer-token.ts'
import { type ClientBodyOptions, createClientBodyReader } from '../client-body.ts'
import { type Answer, JSON_NO_STORE, jsonAnswer } from '../exchange.ts'
import type { ReadBody } from '../json-body.ts'
import type { WireFormat } from '../route.ts'
import { type Statuses, statusOf } from '../statuses.ts'

export interface KrakendFormat extends WireFormat {
  readonly read: ReadBody
  /** @param status that of the reply */
  readonly answer: (document: JsonText, status: number) => Answer
}

export interface KrakendFormatOptions extends ClientBodyOptions {
  readonly statuses: Statuses
}

/** Takes JSON or a form where it is sent to the remote, and else any request, by GET too; answers with the sealed document, or with `{"error": "..."}`. */
export function createKrakendFormat({ statuses, ...body }: KrakendFormatOptions): KrakendFormat {
  return {
    methods: body.isSent ? ['POST'] : ['GET', 'POST'],
    read: createClientBodyReader(body),
    answer: (document, status) => ({ status, headers: JSON_NO_STORE, body: document }),
    refuse(error) {
      const status = statusOf(error, statuses)
      const challenge = challengeOf401(status, error)
      return jsonAnswer(status, { error: error.message }, challenge)
    }
  }
}
