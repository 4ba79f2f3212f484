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
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Largest token to hand out, in characters. */
  readonly maxTokenLength?: number | undefined
}

/** @throws ServiceError `remote_reply` when signing, for a token over its limit */
export function createSign({
  signer,
  now,
  maxTokenLength = Number.POSITIVE_INFINITY
}: SignOptions): Sign {
  return async function sign(claims, lifetimeSeconds) {
    const issuedAt = Math.floor(now() / 1000)
    const token = await signer(writePayload(claims, issuedAt, issuedAt + lifetimeSeconds))
    if (token.length > maxTokenLength) {
      throw new ServiceError('remote_reply', 'reply makes a token over the limit', { status: 500 })
    }
    return token
  }
}

/** Splices the texts of the claims; JSON.stringify of the whole would need their values, and lose digits. */
function writePayload(claims: Claims, issuedAt: number, expiresAt: number): string {
  let text = '{'
  for (const [name, value] of claims) {
    if (!RESERVED_CLAIMS.has(name)) text += `${JSON.stringify(name)}:${value},`
  }
  return `${text}"iat":${issuedAt},"exp":${expiresAt}}`
}
