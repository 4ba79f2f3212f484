/** The body and headers of a request for a token, in the wire format of the route. */
import type { TokenRequestOptions } from './token-request.ts'

/** Seconds that are asked for where `lifetime` is left out. */
const DEFAULT_VALIDITY = 3600

export interface TokenQuestion {
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/** @throws TypeError where an option that the protocol needs is missing */
export function createTokenQuestion({
  protocol,
  claims = {},
  lifetime,
  issuer
}: TokenRequestOptions): TokenQuestion {
  if (protocol !== 'supertokens') return { body: Buffer.from(JSON.stringify(claims)), headers: {} }
  if (issuer === undefined) {
    throw new TypeError('issuer: expected the URL that becomes the iss of the token')
  }
  const question = {
    payload: claims,
    validity: Math.ceil(lifetime ?? DEFAULT_VALIDITY),
    // A token that is renewed needs no key that is never replaced.
    useStaticSigningKey: false,
    algorithm: 'RS256',
    jwksDomain: issuer
  }
  return {
    body: Buffer.from(JSON.stringify(question)),
    headers: { 'cdi-version': '5.4', rid: 'jwt' }
  }
}
