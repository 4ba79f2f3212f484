/** The wire format of a route that shows claims: one JSON object. */
import type { Claims } from '../issue/claims.ts'
import type { Explanation } from '../issue/explain.ts'
import { type JsonText, toJsonText } from '../json/json-text.ts'
import type { AppContext } from '../middleware/request-state.ts'
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

export function createClaimsProtocol({ statuses, ...body }: ClaimsProtocolOptions): ClaimsProtocol {
  return {
    methods: ['GET', 'POST'],
    readBody: createOptionalBodyReader(body),
    writeClaims: writeObject,
    writeExplanations(context, explanations) {
      writeObject(
        context,
        [...explanations].map(([claim, explanation]) => [claim, writeExplanation(explanation)])
      )
    },
    writeError(context, error) {
      context.status = statusOf(error, statuses)
      if (context.status === 401) context.set('WWW-Authenticate', challengeFor(error))
      context.body = { error: error.message }
    }
  }
}

function writeObject(context: AppContext, members: Iterable<readonly [string, JsonText]>): void {
  const texts = Array.from(members, ([name, value]) => `${JSON.stringify(name)}:${value}`)
  context.set('Content-Type', 'application/json; charset=utf-8')
  context.set('Cache-Control', 'no-store')
  context.body = `{${texts.join(',')}}`
}

function writeExplanation({ value, source, overrides }: Explanation): JsonText {
  const said = `"source":${toJsonText(source)},"overrides":${toJsonText(overrides)}`
  return `{"value":${value},${said}}` as JsonText
}
