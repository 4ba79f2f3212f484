/** The wire format of a route that shows claims: one JSON object. */
import type { Claims } from '../issue/claims.ts'
import type { Explanation } from '../issue/explain.ts'
import { type JsonText, toJsonText } from '../json/json-text.ts'
import { bodyOf } from '../middleware/body.ts'
import type { AppContext } from '../middleware/request-state.ts'
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

export function createClaimsProtocol(statuses: Statuses): ClaimsProtocol {
  return {
    methods: ['GET', 'POST'],
    readBody: bodyOf,
    writeClaims: writeObject,
    writeExplanations(context, explanations) {
      writeObject(
        context,
        [...explanations].map(([claim, explanation]) => [claim, writeExplanation(explanation)])
      )
    },
    writeError(context, error) {
      context.status = statusOf(error, statuses)
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
