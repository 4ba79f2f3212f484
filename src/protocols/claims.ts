/** The wire format of a route that shows claims: one JSON object. */

import type { Claims } from '../issue/claims.ts'
import { bodyOf } from '../middleware/body.ts'
import type { AppContext } from '../middleware/request-state.ts'
import type { Protocol } from './protocol.ts'
import { type Statuses, statusOf } from './statuses.ts'

export interface ClaimsProtocol extends Protocol {
  readonly readBody: (context: AppContext) => Uint8Array
  readonly writeClaims: (context: AppContext, claims: Claims) => void
}

export function createClaimsProtocol(statuses: Statuses): ClaimsProtocol {
  return {
    methods: ['GET', 'POST'],
    readBody: bodyOf,
    writeClaims(context, claims) {
      context.set('Content-Type', 'application/json; charset=utf-8')
      context.set('Cache-Control', 'no-store')
      const members = [...claims].map(([name, value]) => `${JSON.stringify(name)}:${value}`)
      context.body = `{${members.join(',')}}`
    },
    writeError(context, error) {
      context.status = statusOf(error, statuses)
      context.body = { error: error.message }
    }
  }
}
