/** Documents that change only with the configuration. */
import { type Answer, jsonAnswer } from './exchange.ts'

const MAX_AGE_SECONDS = 3600

/** The answer with a JSON document that any cache may keep for an hour. */
export function cachedDocument(document: object): Answer {
  return jsonAnswer(200, document, { 'Cache-Control': `max-age=${MAX_AGE_SECONDS}` })
}
