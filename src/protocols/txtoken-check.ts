/** The wire format of the original program's checkToken. */
import type { CheckedToken } from '../check/check.ts'
import { challengeFor } from './bearer-token.ts'
import type { CheckProtocol, PlainAnswer } from './protocol.ts'
import { BEARER_PLACES, createTokenReader, type TokenPlace } from './token-places.ts'

export interface TxtokenCheckOptions {
  /** Where tokens are taken from. Default: the Authorization header, the query, a form or a JSON body. */
  readonly places?: readonly TokenPlace[] | undefined
  /** Levels that the JSON of a request may nest. */
  readonly maxDepth: number
}

/** The statuses that are about the token (RFC 6750, section 3.1). */
const CHALLENGED: ReadonlySet<number> = new Set([400, 401, 403])

/** Takes one token from one of its places; answers with all its parts. */
export function createTxtokenCheckProtocol({
  places = BEARER_PLACES,
  maxDepth
}: TxtokenCheckOptions): CheckProtocol {
  return {
    methods: ['GET', 'POST'],

    readToken: createTokenReader(places, { maxDepth }),

    writeToken(context, checked) {
      const { headers, body } = describeToken(checked)
      context.set(headers)
      context.body = body
    },

    plainAnswer: places.includes('header') ? describeToken : undefined,

    writeError(context, error) {
      context.status = error.status
      if (CHALLENGED.has(error.status)) context.set('WWW-Authenticate', challengeFor(error))
      context.body = { error: error.message }
    }
  }
}

const HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store'
} as const

function describeToken({ token, claimsText }: CheckedToken): PlainAnswer {
  const { raw, header, headerText, signature } = token
  return {
    headers: HEADERS,
    body:
      `{"Raw":"${raw}","Method":{"Name":"${header.alg}","Hash":${hashNumber(header.alg)}},` +
      `"Header":${headerText},"Claims":${claimsText},"Signature":"${signature}","Valid":true}`
  }
}

/** The number that Go's `crypto.Hash` has for the hash of an algorithm: SHA-256 is 5, SHA-384 6, SHA-512 7. */
function hashNumber(alg: string): number {
  if (alg.endsWith('256')) return 5
  return alg.endsWith('384') ? 6 : 7
}
