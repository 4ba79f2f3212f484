/** The wire format of a route that shows claims: one JSON object. */
import type { Claims } from '../../issue/claims.ts'
import type { Explanation } from '../../issue/issue.ts'
import { writeObject } from '../../json/json-members.ts'
import { toJsonText } from '../../json/json-text.ts'
import { challengeOf401 } from '../bearer-token.ts'
import { type ClientBodyOptions, createClientBodyReader } from '../client-body.ts'
import { type Answer, JSON_NO_STORE, jsonAnswer } from '../exchange.ts'
import type { ReadBody } from '../json-body.ts'
import type { WireFormat } from '../route.ts'
import { type Statuses, statusOf } from '../statuses.ts'

export interface ClaimsFormat extends WireFormat {
  readonly read: ReadBody
  readonly answer: (claims: Claims) => Answer
}

export interface ClaimsFormatOptions extends ClientBodyOptions {
  readonly statuses: Statuses
}

/** Takes any body, which has to be JSON where a source forwards it; answers with the claims, or with their explanation. */
export function createClaimsFormat({ statuses, ...body }: ClaimsFormatOptions): ClaimsFormat {
  return {
    methods: ['GET', 'POST'],
    read: createClientBodyReader({ ...body, mayBeEmpty: true }),
    answer: (claims) => ({ status: 200, headers: JSON_NO_STORE, body: writeObject(claims) }),
    refuse(error) {
      const status = statusOf(error, statuses)
      const challenge = challengeOf401(status, error)
      return jsonAnswer(status, { error: error.message }, challenge)
    }
  }
}

/** The explanation of claims, in the form of claims: for each its value, its source, and the sources that it overrides. */
export function describeExplanations(explanations: ReadonlyMap<string, Explanation>): Claims {
  return new Map(
    Array.from(explanations, ([claim, { value, source, overrides }]) => [
      claim,
      writeObject(
        new Map([
          ['value', value],
          ['source', toJsonText(source)],
          ['overrides', toJsonText(overrides)]
        ])
      )
    ])
  )
}
