/** The wire format of a route that shows claims: one JSON object. */
import type { Claims } from '../issue/claims.ts'
import type { Explanation } from '../issue/explain.ts'
import { type JsonObject, writeObject } from '../json/json-object.ts'
import { type JsonText, toJsonText } from '../json/json-text.ts'
import type { AppContext } from '../server/request-state.ts'
import { challengeFor } from './bearer-token.ts'
import { createOptionalBodyReader, type OptionalBodyOptions } from './json-body.ts'
import type { Protocol } from './protocol.ts'
import { type Statuses, statusOf } from './statuses.ts'

export interface ClaimsProtocol extends Protocol {
  readonly readBody: (context: AppContext) => Uint8Array
  readonly writeClaims: (context: AppContext, claims: Claims) => void
  readonly writeExplanations: (
    context: AppContext,
    explanations: ReadonlyMap<string, Explanation>
  ) => void
}

export interface ClaimsProtocolOptions extends OptionalBodyOptions {
  readonly statuses: Statuses
}

/** Takes any body, which has to be JSON where a source sends it on; answers with the claims, or with what explains them. */
export function createClaimsProtocol({ statuses, ...body }: ClaimsProtocolOptions): ClaimsProtocol {
  return {
    methods: ['GET', 'POST'],
    readBody: createOptionalBodyReader(body),
    writeClaims: answerObject,
    writeExplanations(context, explanations) {
      const members = Array.from(
        explanations,
        ([claim, explanation]) => [claim, writeExplanation(explanation)] as const
      )
      answerObject(context, new Map(members))
    },
    writeError(context, error) {
      context.status = statusOf(error, statuses)
      if (context.status === 401) context.set('WWW-Authenticate', challengeFor(error))
      context.body = { error: error.message }
    }
  }
}

function answerObject(context: AppContext, members: JsonObject): void {
  context.set('Content-Type', 'application/json; charset=utf-8')
  context.set('Cache-Control', 'no-store')
  context.body = writeObject(members)
}

function writeExplanation({ value, source, overrides }: Explanation): JsonText {
  return writeObject(
    new Map([
      ['value', value],
      ['source', toJsonText(source)],
      ['overrides', toJsonText(overrides)]
    ])
  )
}
