/** Signing: the last step of issuing, and the only one that sets the registered claims. */
import { ServiceError } from '../errors.ts'
import type { Signer } from '../keys/key-store.ts'
import { type Claims, RESERVED_CLAIMS } from './claims.ts'

/**
 * Signs claims as a compact JWS.
 * @param lifetimeSeconds how long the token is valid from now on, in whole seconds
 */
export type Sign = (claims: Claims, lifetimeSeconds: number) => Promise<string> | string

export interface SignOptions {
  readonly signer: Signer
  /** The `iss` claim; none when left out. */
  readonly issuer?: string | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Largest token to hand out, in characters. */
  readonly maxTokenLength?: number | undefined
}

/** @throws ServiceError `remote_reply` when signing, for a token over its limit */
export function createSign(options: SignOptions): Sign {
  const { signer, issuer, now, maxTokenLength = Number.POSITIVE_INFINITY } = options
  const issuerClaim = issuer === undefined ? '' : `"iss":${JSON.stringify(issuer)},`

  return async function sign(claims, lifetimeSeconds) {
    const issuedAt = Math.floor(now() / 1000)
    const registered = `${issuerClaim}"iat":${issuedAt},"exp":${issuedAt + lifetimeSeconds}`
    const token = await signer(`{${writeClaims(claims)}${registered}}`)
    if (token.length > maxTokenLength) {
      throw new ServiceError('remote_reply', 'reply makes a token over the limit', { status: 500 })
    }
    return token
  }
}

/** Splices the texts of the claims; JSON.stringify of the whole would need their values, and lose digits. */
function writeClaims(claims: Claims): string {
  let text = ''
  for (const [name, value] of claims) {
    if (!RESERVED_CLAIMS.has(name)) text += `${JSON.stringify(name)}:${value},`
  }
  return text
}
