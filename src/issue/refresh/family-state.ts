/** Refresh tokens, and what is stored of a family of them: all that descend from one login, each exchanged once for the next. */
import { createHash, randomBytes } from 'node:crypto'
import type { JsonText } from '../../json/json-text.ts'
import type { Claims } from '../claims.ts'

/** Claims by where they came from, so that those of the remote can be renewed in their place. */
export interface ClaimsInParts {
  readonly before: Claims
  readonly remote: Claims
  readonly after: Claims
}

/** A token that was issued in the family. */
export interface FamilyToken {
  readonly issuer: string | undefined
  /** The `jti` claim. */
  readonly id: string
  /** The `exp` claim, in seconds since 1970. */
  readonly expiresAt: number
}

/** A request that uses the current refresh token right now. */
interface FamilyUse {
  readonly id: string
  /** When it counts as lost, in milliseconds since 1970. */
  readonly until: number
}

export interface FamilyState {
  /** The issue route of the login. Other routes have other remotes and other keys: there the same `sub` may be another subject. */
  readonly route: string
  /** The hash of the one refresh token that can be used. */
  readonly current: string
  /** When that was made, in seconds since 1970. */
  readonly issuedAt: number
  readonly use?: FamilyUse | undefined
  /** The tokens that may still be valid, the newest last. */
  readonly tokens: readonly FamilyToken[]
  readonly claims: ClaimsInParts
}

/** All claims of a token, later ones winning. */
export function mergeParts({ before, remote, after }: ClaimsInParts): Map<string, JsonText> {
  return new Map([...before, ...remote, ...after])
}

/** Claims stay text in it, so that no digit is lost. */
export function formatFamily({ claims, ...state }: FamilyState): string {
  const { before, remote, after } = claims
  return JSON.stringify({ ...state, claims: [[...before], [...remote], [...after]] })
}

/** Reads what {@link formatFamily} wrote. */
export function parseFamily(text: string): FamilyState {
  const { claims, ...state } = JSON.parse(text) as Omit<FamilyState, 'claims'> & {
    claims: readonly [ClaimList, ClaimList, ClaimList]
  }
  const [before, remote, after] = claims
  return {
    ...state,
    claims: { before: new Map(before), remote: new Map(remote), after: new Map(after) }
  }
}

type ClaimList = readonly (readonly [string, JsonText])[]

const TOKEN_BYTES = 32

/** 32 bytes in base64url. A JWS has dots in it, so neither is ever taken for the other. */
const FORM = /^[A-Za-z0-9_-]{43}$/

/** Makes a refresh token: opaque and random. The service knows it by its hash alone. */
export function createRefreshToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url')
}

/** Whether a text may be a refresh token, by its form alone. */
export function hasRefreshTokenForm(text: string): boolean {
  return FORM.test(text)
}

/** What is stored of a refresh token: whoever reads the store cannot use it. */
export function hashRefreshToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
