/** Refresh tokens, and the stored state of a family: all refresh tokens of one login, each exchanged once for the next. */
import { createHash, randomBytes } from 'node:crypto'
import { readObject, writeObject } from '../../json/json-members.ts'
import { type JsonText, toJsonText } from '../../json/json-text.ts'
import { nameFamily } from '../../revocation/revocation.ts'
import type { Claims } from '../claims.ts'

/** Claims by their origin, so that the claims of the remote can be renewed in their place. */
export interface ClaimsInParts {
  readonly before: Claims
  readonly remote: Claims
  readonly after: Claims
}

/** The tokens of one issuer that were issued in the family: a remote may name another one each time. */
export interface FamilyTokens {
  readonly issuer: string | undefined
  /** The latest `exp` claim, in seconds since 1970. */
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
  /** The hash of the one usable refresh token. */
  readonly current: string
  /** When it was issued, in seconds since 1970. */
  readonly issuedAt: number
  readonly use?: FamilyUse | undefined
  /** Tokens that may still be valid, the newest last. */
  readonly tokens: readonly FamilyTokens[]
  /** Whether the family has ended: none of its refresh tokens is usable. It is kept until its tokens are revoked. */
  readonly hasEnded?: true
  readonly claims: ClaimsInParts
}

/** All claims of a token, later ones winning. */
export function mergeParts({ before, remote, after }: ClaimsInParts): Map<string, JsonText> {
  return new Map([...before, ...remote, ...after])
}

/** Claims are written unchanged, so that no digit is lost and none of them takes more room than in a token. */
export function formatFamily({ claims: { before, remote, after }, ...state }: FamilyState): string {
  return writeObject(
    new Map([
      ['state', toJsonText(state)],
      ['before', writeObject(before)],
      ['remote', writeObject(remote)],
      ['after', writeObject(after)]
    ])
  )
}

/** Reads what {@link formatFamily} wrote. */
export function parseFamily(text: string): FamilyState {
  const parts = readObject(text as JsonText)
  const part = (name: string) => parts.get(name) ?? ('{}' as JsonText)
  return {
    ...(JSON.parse(part('state')) as Omit<FamilyState, 'claims'>),
    claims: {
      before: readObject(part('before')),
      remote: readObject(part('remote')),
      after: readObject(part('after'))
    }
  }
}

/** A refresh token is the part of its family, the same in all of its tokens, and its own part, each of 128 random bits. */
const FAMILY_BYTES = 16
const OWN_BYTES = 16

/** In base64url. A JWS has dots, so neither is ever taken for the other. */
const FORM = /^[A-Za-z0-9_-]{43}$/

/** Makes the part of a new family. Only holders of its refresh tokens know it. */
export function createFamilyPart(): Buffer {
  return randomBytes(FAMILY_BYTES)
}

/** Makes a refresh token: opaque and random. The service stores its hash alone. */
export function createRefreshToken(familyPart: Uint8Array): string {
  return Buffer.concat([familyPart, randomBytes(OWN_BYTES)]).toString('base64url')
}

/** Whether a text may be a refresh token, by its form alone. */
export function hasRefreshTokenForm(text: string): boolean {
  return FORM.test(text)
}

/** The part of its family. */
export function familyPartOf(token: string): Buffer {
  return Buffer.from(token, 'base64url').subarray(0, FAMILY_BYTES)
}

/** The name of its family, which is part of the `jti` of its tokens too: it does not lead back to a refresh token. */
export function familyOf(token: string): string {
  return nameFamily(familyPartOf(token))
}

/** The stored hash of a refresh token: a reader of the store cannot use it. */
export function hashRefreshToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
