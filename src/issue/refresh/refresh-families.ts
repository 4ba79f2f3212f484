/**
 * Families of refresh tokens, kept in the revocation store.
 *
 * Two records: the hash of a refresh token leads to its family, and stays until the token would have expired, so that a spent
 * one is recognized when it comes again; the family has the hash of the one that can be used. Every change replaces the family in
 * one step, or fails because another came first.
 */
import { randomUUID } from 'node:crypto'
import { ServiceError } from '../../errors.ts'
import type { Revoke } from '../../revocation/revocation.ts'
import type { ExpiringRecords } from '../../revocation/stores/store.ts'
import { createEndFamily, familyRecord, revokeTokens, tokenRecord } from './end-family.ts'
import {
  type ClaimsInParts,
  createRefreshToken,
  type FamilyState,
  type FamilyToken,
  formatFamily,
  hashRefreshToken,
  parseFamily
} from './family-state.ts'

/** The most valid tokens that are kept of a family; beyond that, the oldest is revoked rather than forgotten. */
const MAX_TOKENS = 100

/** What a family begins with, or goes on with. */
interface FamilyContent {
  readonly claims: ClaimsInParts
  /** The token that is issued with the refresh token. */
  readonly token: FamilyToken
}

/** The use of a refresh token by one request. */
export interface RefreshUse {
  readonly state: FamilyState
  readonly name: string
  /** The family's text while the use lasts, and the one before it. */
  readonly text: string
  readonly previousText: string
}

/** All reject with a ServiceError `check_unavailable` where the store is out of reach. */
export interface RefreshFamilies {
  /** Begins a family. Returns its first refresh token. */
  readonly begin: (content: FamilyContent) => Promise<string>
  /**
   * Takes a refresh token into use. No other request can use it until that use ends.
   * @throws ServiceError `invalid_grant` for a token that is unknown, expired or in use, or spent: then its family ends
   */
  readonly take: (token: string) => Promise<RefreshUse>
  /**
   * Spends the refresh token, for the next one.
   * @throws ServiceError `invalid_grant` where the family has ended meanwhile, or its subject was revoked
   */
  readonly rotate: (use: RefreshUse, content: FamilyContent) => Promise<string>
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
  /** The issue route that the families are of, by a name of its own: their refresh tokens are valid for no other. */
  readonly route: string
  readonly lifetimeMs: number
  /** The longest that a use takes; after it, the use counts as lost and the token can be used again. */
  readonly longestUseMs: number
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/** Makes the functions over families. A replica may continue a family that another has begun, where they share the records. */
export function createRefreshFamilies(options: RefreshFamiliesOptions): RefreshFamilies {
  const { records, revoke, isSubjectRevoked, route, lifetimeMs, longestUseMs, now } = options
  const { end } = createEndFamily({ records, revoke })

  /** Makes a refresh token that leads to a family, and the family's state with it. */
  async function issueRefreshToken(name: string, state: Pick<FamilyState, 'tokens' | 'claims'>) {
    const token = createRefreshToken()
    const current = hashRefreshToken(token)
    const until = now() + lifetimeMs
    const issuedAt = Math.floor(now() / 1000)
    await records.put(tokenRecord(current), { text: name, until })
    return { token, record: { text: formatFamily({ ...state, route, current, issuedAt }), until } }
  }

  /** Called before a use and at its end: the subject may be revoked while the remote is called. */
  async function assertNotRevoked(name: string, state: FamilyState): Promise<void> {
    if (!isSubjectRevoked(state)) return
    await end(name)
    throw invalidGrant('Refresh token is revoked', 'revoked')
  }

  async function take(token: string): Promise<RefreshUse> {
    for (;;) {
      const name = await records.get(tokenRecord(hashRefreshToken(token)))
      const previousText = name === undefined ? undefined : await records.get(familyRecord(name))
      const state = previousText === undefined ? undefined : parseFamily(previousText)
      if (name === undefined || previousText === undefined || state?.route !== route) {
        throw invalidGrant('Refresh token is unknown or has expired', 'unknown')
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
        return { state, name, text, previousText }
      }
    }
  }

  return {
    async begin({ claims, token: issued }) {
      const name = randomUUID()
      const { token, record } = await issueRefreshToken(name, { claims, tokens: [issued] })
      await records.put(familyRecord(name), record)
      return token
    },

    take,

    async rotate({ state, name, text }, { claims, token: issued }) {
      const seconds = now() / 1000
      const valid = state.tokens.filter(({ expiresAt }) => expiresAt > seconds)
      const surplus = valid.slice(0, Math.max(0, valid.length + 1 - MAX_TOKENS))
      await revokeTokens(revoke, surplus)
      const tokens = [...valid.slice(surplus.length), issued]
      const { token, record } = await issueRefreshToken(name, { claims, tokens })
      await assertNotRevoked(name, state)
      if (await records.swap(familyRecord(name), text, record)) return token
      throw invalidGrant('Refresh token was revoked meanwhile', 'revoked')
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

/** The answer of RFC 6749, section 5.2. */
function invalidGrant(message: string, reason: string): ServiceError {
  return new ServiceError('invalid_grant', message, { status: 400, reason })
}
