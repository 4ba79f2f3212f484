/** Signing: the last step of issuing, and the only one that sets the registered claims. */
import { randomBytes } from 'node:crypto'
import { ServiceError } from '../errors.ts'
import { writeString } from '../json/json-text.ts'
import type { Signer } from '../keys/key-store.ts'
import { idInFamily } from '../revocation/revocation.ts'
import { type Claims, NEVER_GIVEN, RESERVED_CLAIMS } from './claims.ts'

/** How long a token is valid: until the earlier of the two. */
interface Validity {
  /** From now on, in whole seconds. */
  readonly lifetimeSeconds: number
  /** In seconds since 1970. */
  readonly expiresAt?: number | undefined
  /** The family of refresh tokens that the token belongs to: its `jti` begins with it. */
  readonly family?: string | undefined
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
  /** The refresh token, where the route has them. */
  readonly refreshToken?: string | undefined
  /** Why the refresh token is missing: the store is full, or the claims are too large for it. */
  readonly leftOut?: 'full' | 'size' | undefined
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
  /** Whether `iat`, `nbf` and `jti` among the claims stay unchanged; without `notBeforeSeconds`. Default: only the signing step sets them. */
  readonly keepsGiven?: boolean | undefined
  /** The longest token to issue, in characters. */
  readonly maxTokenLength?: number | undefined
}

/** @throws ServiceError `remote_reply` when signing, for a token that is longer than the limit or has expired already */
export function createSign(options: SignOptions): Sign {
  const { signer, issuer, now, notBeforeSeconds, createId, keepsGiven = false } = options
  const reserved = keepsGiven ? NEVER_GIVEN : RESERVED_CLAIMS
  const { maxTokenLength = Number.POSITIVE_INFINITY } = options
  const issuerClaim = issuer === undefined ? '' : `"iss":${JSON.stringify(issuer)},`

  return function sign(claims, { lifetimeSeconds, expiresAt: limit, family }) {
    const issuedAt = Math.floor(now() / 1000)
    const expiresAt = Math.min(issuedAt + lifetimeSeconds, limit ?? Number.POSITIVE_INFINITY)
    if (expiresAt <= issuedAt) throw unusable('reply has expired already')
    const start = claims.has('iss') ? '' : issuerClaim
    const issued = keepsGiven && claims.has('iat') ? '' : `"iat":${issuedAt},`
    const notBefore = notBeforeSeconds === undefined ? '' : `"nbf":${issuedAt + notBeforeSeconds},`
    const ownId = keepsGiven && claims.has('jti') ? undefined : createId?.()
    const id = ownId === undefined || family === undefined ? ownId : idInFamily(family, ownId)
    const idClaim = id === undefined ? '' : `,"jti":"${id}"`
    const ownClaims = `${start}${issued}${notBefore}"exp":${expiresAt}${idClaim}`
    const signed = signer(`{${writeClaims(claims, reserved)}${ownClaims}}`)
    return signed instanceof Promise ? signed.then(describe) : describe(signed)

    function describe(token: string): IssuedToken {
      if (token.length > maxTokenLength)
        throw unusable('claims make a token that is longer than the limit')
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
function writeClaims(claims: Claims, reserved: ReadonlySet<string>): string {
  let text = ''
  for (const [name, value] of claims) {
    if (!reserved.has(name)) text += `${writeString(name)}:${value},`
  }
  return text
}

function unusable(message: string): ServiceError {
  return new ServiceError('remote_reply', message, { status: 500 })
}
