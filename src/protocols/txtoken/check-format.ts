/** The wire format of the original program's checkToken. */
import type { JsonText } from '../../json/json-text.ts'
import type { OpaqueToken, Token } from '../../keys/token.ts'
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
  readsBody: places.includes('body'),

  read: createTokenReader(places, depth),

  answer({ token, claimsText }) {
    const body = `{${describeParts(token, claimsText)},"Valid":true}`
    return { status: 200, headers: JSON_NO_STORE, body }
  },

  refuse(error) {
    const { status, message } = error
    const challenge = CHALLENGED.has(status) ? { 'WWW-Authenticate': challengeFor(error) } : {}
    return jsonAnswer(status, { error: message }, challenge)
  }
})

/** An opaque token has no parts; Go writes null for missing ones, and its text has to be encoded. */
function describeParts(token: Token | OpaqueToken, claimsText: JsonText): string {
  if (token.header === undefined) {
    return `"Raw":${JSON.stringify(token.raw)},"Method":null,"Header":null,"Claims":${claimsText},"Signature":""`
  }
  const { raw, header, headerText, signature } = token
  return (
    `"Raw":"${raw}","Method":{"Name":"${header.alg}","Hash":${hashNumber(header.alg)}},` +
    `"Header":${headerText},"Claims":${claimsText},"Signature":"${signature}"`
  )
}

/** The number of the hash of an algorithm in Go's `crypto.Hash`: SHA-256 is 5, SHA-384 6, SHA-512 7. */
function hashNumber(alg: string): number {
  if (alg.endsWith('256')) return 5
  return alg.endsWith('384') ? 6 : 7
}

export const protocol: CheckProtocol = {
  createFormat: createTxtokenCheckFormat,
  describe: describeTxtokenCheck,
  schemas: SCHEMAS
}
