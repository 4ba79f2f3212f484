/** Signing: the last step of issuing, and the only one that sets the registered claims. */
import { randomBytes } from 'node:crypto'
import { ServiceError } from '../errors.ts'
import { writeString } from '../json/json-text.ts'
import type { Signer } from '../keys/key-store.ts'
import { type Claims, RESERVED_CLAIMS } from './claims.ts'

/** How long a token is valid: until the earlier of the two. */
interface Validity {
  /** From now on, in whole seconds. */
  readonly lifetimeSeconds: number
  /** In seconds since 1970. */
  readonly expiresAt?: number | undefined
}

export interface IssuedToken {
  /** A compact JWS (RFC 7515, section 7.1). */
  readonly token: string
  /** The `iat` claim, in seconds since 1970. */
  readonly issuedAt: number
  /** The `exp` claim, in seconds since 1970. */
  readonly expiresAt: number
  /** The `jti` claim, where it has one. */
  readonly id?: string | undefined
  /** What can be exchanged for the next token, where the route has such. */
  readonly refreshToken?: string | undefined
}

/** Signs claims. It returns no promise where the key needs none. */
export type Sign = (claims: Claims, validity: Validity) => Promise<IssuedToken> | IssuedToken

export interface SignOptions {
  readonly signer: Signer
  /** The `iss` claim where no source gave one; none when left out. */
  readonly issuer?: string | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** The `nbf` claim, in seconds from `iat` on; none when left out. */
  readonly notBeforeSeconds?: number | undefined
  /** Makes the `jti` claim, of characters that need no escaping in JSON; none when left out. */
  readonly createId?: (() => string) | undefined
  /** The longest token to issue, in characters. */
  readonly maxTokenLength?: number | undefined
}

/** @throws ServiceError `remote_reply` when signing, for a token that is longer than the limit or has expired already */
export function createSign(options: SignOptions): Sign {
  const { signer, issuer, now, notBeforeSeconds, createId } = options
  const { maxTokenLength = Number.POSITIVE_INFINITY } = options
  const issuerClaim = issuer === undefined ? '' : `"iss":${JSON.stringify(issuer)},`

  return function sign(claims, { lifetimeSeconds, expiresAt: limit }) {
    const issuedAt = Math.floor(now() / 1000)
    const expiresAt = Math.min(issuedAt + lifetimeSeconds, limit ?? Number.POSITIVE_INFINITY)
    if (expiresAt <= issuedAt) throw unusable('reply has expired already')
    const start = claims.has('iss') ? '' : issuerClaim
    const notBefore = notBeforeSeconds === undefined ? '' : `,"nbf":${issuedAt + notBeforeSeconds}`
    const id = createId?.()
    const idClaim = id === undefined ? '' : `,"jti":"${id}"`
    const ownClaims = `${start}"iat":${issuedAt}${notBefore},"exp":${expiresAt}${idClaim}`
    const signed = signer(`{${writeClaims(claims)}${ownClaims}}`)
    return signed instanceof Promise ? signed.then(describe) : describe(signed)

    function describe(token: string): IssuedToken {
      if (token.length > maxTokenLength)
        throw unusable('reply makes a token that is longer than the limit')
      return { token, issuedAt, expiresAt, id }
    }
  }
}

const ID_BYTES = 16

/** Makes a `jti` (RFC 7519, section 4.1.7) of 128 random bits, so that no two tokens share one; base64url needs no escaping in JSON. */
export function createTokenId(): string {
  return randomBytes(ID_BYTES).toString('base64url')
}

/** Splices the texts of the claims; JSON.stringify of the whole would need their values, and lose digits. */
function writeClaims(claims: Claims): string {
  let text = ''
  for (const [name, value] of claims) {
    if (!RESERVED_CLAIMS.has(name)) text += `${writeString(name)}:${value},`
  }
  return text
}

function unusable(message: string): ServiceError {
  return new ServiceError('remote_reply', message, { status: 500 })
}
