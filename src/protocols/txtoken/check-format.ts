/** The wire format of the original program's checkToken. */
import { challengeFor } from '../bearer-token.ts'
import type { CheckProtocol, CreateCheckFormat } from '../check/route.ts'
import { JSON_NO_STORE, jsonAnswer } from '../exchange.ts'
import { BEARER_PLACES, createTokenReader } from '../token-places.ts'
import { describeTxtokenCheck, SCHEMAS } from './openapi.ts'

/** The statuses that are about the token (RFC 6750, section 3.1). */
const CHALLENGED: ReadonlySet<number> = new Set([400, 401, 403])

/** Takes one token from one of its places; answers with all its parts. */
const createTxtokenCheckFormat: CreateCheckFormat = (
  { token: places = BEARER_PLACES },
  { depth }
) => ({
  methods: ['GET', 'POST'],

  read: createTokenReader(places, depth),

  answer({ token: { raw, header, headerText, signature }, claimsText }) {
    const body =
      `{"Raw":"${raw}","Method":{"Name":"${header.alg}","Hash":${hashNumber(header.alg)}},` +
      `"Header":${headerText},"Claims":${claimsText},"Signature":"${signature}","Valid":true}`
    return { status: 200, headers: JSON_NO_STORE, body }
  },

  refuse(error) {
    const { status, message } = error
    const challenge = CHALLENGED.has(status) ? { 'WWW-Authenticate': challengeFor(error) } : {}
    return jsonAnswer(status, { error: message }, challenge)
  }
})

/** The number that Go's `crypto.Hash` has for the hash of an algorithm: SHA-256 is 5, SHA-384 6, SHA-512 7. */
function hashNumber(alg: string): number {
  if (alg.endsWith('256')) return 5
  return alg.endsWith('384') ? 6 : 7
}

export const protocol: CheckProtocol = {
  createFormat: createTxtokenCheckFormat,
  describe: describeTxtokenCheck,
  schemas: SCHEMAS
}
