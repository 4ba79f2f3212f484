/** How a family of refresh tokens ends: its tokens are revoked, and none of its refresh tokens can be used. */

import type { Revoke } from '../../revocation/revocation.ts'
import type { ExpiringRecords } from '../../revocation/stores/store.ts'
import { type FamilyToken, hashRefreshToken, parseFamily } from './family-state.ts'

/** The name of the record that leads from a refresh token to its family. */
export function tokenRecord(hash: string): string {
  return `refresh:${hash}`
}

/** The name of the record of a family. */
export function familyRecord(name: string): string {
  return `family:${name}`
}

export interface EndFamilyOptions {
  readonly records: ExpiringRecords
  readonly revoke: Pick<Revoke, 'token'>
}

/** Both reject with a ServiceError `check_unavailable` where the store is out of reach; what was done by then can safely be done again. */
export interface EndFamily {
  /** @param name of the family */
  readonly end: (name: string) => Promise<void>
  /** Ends the family of a refresh token, if it has one. */
  readonly endOf: (token: string) => Promise<void>
}

/** Makes the functions that end families: for a spent token that comes again, and for one that is revoked. */
export function createEndFamily({ records, revoke }: EndFamilyOptions): EndFamily {
  async function end(name: string): Promise<void> {
    for (;;) {
      const text = await records.get(familyRecord(name))
      if (text === undefined) return
      // Revoked first: once the family is gone, its tokens are unknown.
      await revokeTokens(revoke, parseFamily(text).tokens)
      if (await records.swap(familyRecord(name), text)) return
    }
  }

  return {
    end,
    async endOf(token) {
      const name = await records.get(tokenRecord(hashRefreshToken(token)))
      if (name !== undefined) await end(name)
    }
  }
}

/** Revokes tokens one by one; those that have expired already need nothing. */
export async function revokeTokens(
  revoke: Pick<Revoke, 'token'>,
  tokens: readonly FamilyToken[]
): Promise<void> {
  for (const { issuer, id, expiresAt } of tokens) await revoke.token(issuer, id, expiresAt)
}
