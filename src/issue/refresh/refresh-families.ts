/**
 * Families of refresh tokens, kept in the revocation store.
 *
 * A family is one record, however often it is refreshed: every refresh token names its family, and the record has the hash of the
 * usable one. Any other was spent. Every change replaces the record in one step, or fails because another came first.
 */
import { randomUUID } from 'node:crypto'
import { ServiceError } from '../../errors.ts'
import { nameFamily, type Revoke } from '../../revocation/revocation.ts'
import { isFull } from '../../revocation/revocations.ts'
import type { ExpiringRecords } from '../../revocation/stores/store.ts'
import { createEndFamily, familyRecord } from './end-family.ts'
import {
  type ClaimsInParts,
  createFamilyPart,
  createRefreshToken,
  type FamilyState,
  type FamilyTokens,
  familyPartOf,
  formatFamily,
  hashRefreshToken,
  hasRefreshTokenForm,
  parseFamily
} from './family-state.ts'

/** A new family, before or after it is stored. */
interface Family {
  /** The shared part of its refresh tokens. */
  readonly part: Uint8Array
  readonly name: string
}

/** The content of a family at its start, or after a refresh. */
interface FamilyContent {
  readonly claims: ClaimsInParts
  /** The token that is issued with the refresh token. */
  readonly token: FamilyTokens
}

/** The next refresh token, or why there is none: the store is full, or the claims are too large to be stored. */
type NextToken = { readonly refreshToken: string } | { readonly leftOut: 'full' | 'size' }

/** The use of a refresh token by one request. */
export interface RefreshUse extends Family {
  readonly state: FamilyState
  /** The family's text while the use lasts, and the one before it. */
  readonly text: string
  readonly previousText: string
}

/** All but `create` reject with a ServiceError `check_unavailable` where the store is unavailable, or `store_full`. */
export interface RefreshFamilies {
  /** Names a family. Nothing is stored of it yet. */
  readonly create: () => Family
  /** Begins a family. A store without room for it does not reject: the login goes on without a refresh token. */
  readonly begin: (family: Family, content: FamilyContent) => Promise<NextToken>
  /**
   * Takes a refresh token into use. No other request can use it until that use ends.
   * @throws ServiceError `invalid_grant` for a token that is unknown, expired or in use, or spent: then its family ends
   */
  readonly take: (token: string) => Promise<RefreshUse>
  /**
   * Spends the refresh token, for the next one. Where the claims have become too large, the family is removed.
   * @throws ServiceError `invalid_grant` where the family has ended meanwhile, or its subject was revoked
   */
  readonly rotate: (use: RefreshUse, content: FamilyContent) => Promise<NextToken>
  /** Gives the refresh token back unspent. */
  readonly release: (use: RefreshUse) => Promise<void>
  /** Ends the family, and revokes its tokens. */
  readonly end: (use: Pick<RefreshUse, 'name'>) => Promise<void>
}

export interface RefreshFamiliesOptions {
  readonly records: ExpiringRecords
  readonly revoke: Pick<Revoke, 'token'>
  /** Whether all tokens of the family's subject that were issued until then are revoked. */
  readonly isSubjectRevoked: (state: FamilyState) => boolean
  /** The unique name of the issue route of the families: their refresh tokens are valid for no other. */
  readonly route: string
  readonly lifetimeMs: number
  /** The longest that a use takes; after it, the use counts as lost and the token can be used again. */
  readonly longestUseMs: number
  /** The largest stored family, in bytes. */
  readonly maxBytes: number
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/** Makes the functions over families. A replica may continue a family that another has begun, where they share the records. */
export function createRefreshFamilies(options: RefreshFamiliesOptions): RefreshFamilies {
  const { records, revoke, isSubjectRevoked, route, lifetimeMs, longestUseMs, maxBytes, now } =
    options
  const { end } = createEndFamily({ records, revoke, now })

  /** Makes a refresh token, and the record of its family; no record if it would be too large. */
  function issueRefreshToken(part: Uint8Array, state: Pick<FamilyState, 'tokens' | 'claims'>) {
    const refreshToken = createRefreshToken(part)
    const current = hashRefreshToken(refreshToken)
    const issuedAt = Math.floor(now() / 1000)
    const text = formatFamily({ ...state, route, current, issuedAt })
    const isTooLarge = Buffer.byteLength(text) > maxBytes
    return { refreshToken, record: isTooLarge ? undefined : { text, until: now() + lifetimeMs } }
  }

  /** Called before a use and at its end: the subject may be revoked while the remote is called. */
  async function assertNotRevoked(name: string, state: FamilyState): Promise<void> {
    if (!isSubjectRevoked(state)) return
    await end(name)
    throw invalidGrant('Refresh token is revoked', 'revoked')
  }

  async function take(token: string): Promise<RefreshUse> {
    const part = familyPartOf(token)
    const name = nameFamily(part)
    for (;;) {
      const previousText = hasRefreshTokenForm(token)
        ? await records.get(familyRecord(name))
        : undefined
      const state = previousText === undefined ? undefined : parseFamily(previousText)
      if (previousText === undefined || state?.route !== route) {
        throw invalidGrant('Refresh token is unknown or has expired', 'unknown')
      }
      if (state.hasEnded) {
        await end(name)
        throw invalidGrant('Refresh token is revoked', 'revoked')
      }
      if (state.current !== hashRefreshToken(token)) {
        await end(name)
        throw invalidGrant('Refresh token was used before', 'reused')
      }
      await assertNotRevoked(name, state)
      const time = now()
      if (state.use !== undefined && state.use.until > time) {
        throw invalidGrant('Refresh token is in use', 'in_use')
      }
      const use = { id: randomUUID(), until: time + longestUseMs }
      const text = formatFamily({ ...state, use })
      const until = time + lifetimeMs
      if (await records.swap(familyRecord(name), previousText, { text, until })) {
        return { part, name, state, text, previousText }
      }
    }
  }

  async function describeLoss(name: string): Promise<ServiceError> {
    const text = await records.get(familyRecord(name))
    return text === undefined || parseFamily(text).hasEnded
      ? invalidGrant('Refresh token was revoked or forgotten meanwhile', 'revoked')
      : invalidGrant('Refresh token was used by another request meanwhile', 'in_use')
  }

  return {
    create() {
      const part = createFamilyPart()
      return { part, name: nameFamily(part) }
    },

    async begin({ part, name }, { claims, token }) {
      const { refreshToken, record } = issueRefreshToken(part, { claims, tokens: [token] })
      if (record === undefined) return { leftOut: 'size' }
      try {
        await records.put(familyRecord(name), record)
        return { refreshToken }
      } catch (error) {
        if (isFull(error)) return { leftOut: 'full' }
        throw error
      }
    },

    take,

    async rotate({ part, name, state, text }, { claims, token }) {
      const tokens = addTokens(state.tokens, token, now() / 1000)
      const { refreshToken, record } = issueRefreshToken(part, { claims, tokens })
      await assertNotRevoked(name, state)
      if (!(await records.swap(familyRecord(name), text, record))) throw await describeLoss(name)
      return record === undefined ? { leftOut: 'size' } : { refreshToken }
    },

    async release({ name, text, previousText }) {
      await records.swap(familyRecord(name), text, {
        text: previousText,
        until: now() + lifetimeMs
      })
    },

    end: ({ name }) => end(name)
  }
}

/** Adds issued tokens, and removes expired ones. Only the latest expiry of each issuer is kept. */
function addTokens(
  tokens: readonly FamilyTokens[],
  { issuer, expiresAt }: FamilyTokens,
  seconds: number
): FamilyTokens[] {
  const known = tokens.find((one) => one.issuer === issuer)?.expiresAt ?? 0
  return [
    ...tokens.filter((one) => one.issuer !== issuer && one.expiresAt > seconds),
    { issuer, expiresAt: Math.max(known, expiresAt) }
  ]
}

/** The answer of RFC 6749, section 5.2. */
function invalidGrant(message: string, reason: string): ServiceError {
  return new ServiceError('invalid_grant', message, { status: 400, reason })
}
