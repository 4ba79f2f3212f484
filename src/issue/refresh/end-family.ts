/** Ends a family of refresh tokens: none of them is usable any more, and its tokens are revoked. */
import { familyId, type Revoke } from '../../revocation/revocation.ts'
import { isFull } from '../../revocation/revocations.ts'
import type { ExpiringRecords } from '../../revocation/stores/store.ts'
import {
  type FamilyState,
  familyOf,
  formatFamily,
  hasRefreshTokenForm,
  parseFamily
} from './family-state.ts'

/** The name of the record of a family. */
export function familyRecord(name: string): string {
  return `family:${name}`
}

export interface EndFamilyOptions {
  readonly records: ExpiringRecords
  readonly revoke: Pick<Revoke, 'token'>
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Both reject with a ServiceError `check_unavailable` where the store is unavailable, or `store_full`; both can
 * safely be repeated.
 */
export interface EndFamily {
  /** @param name of the family */
  readonly end: (name: string) => Promise<void>
  /** Ends the family of a refresh token, if it has one. */
  readonly endOf: (token: string) => Promise<void>
}

/** Makes the functions that end families: for a spent token that is used again, and for a revoked one. */
export function createEndFamily({ records, revoke, now }: EndFamilyOptions): EndFamily {
  /**
   * Its refresh tokens first: whatever happens then, they are not usable.
   * @returns what is still to be removed; nothing where there was no room to note that it has ended, and it was removed at once;
   * `changed` where another request has changed it meanwhile
   */
  async function stop(name: string, text: string, state: FamilyState) {
    if (state.hasEnded) return { left: text }
    const left = formatFamily({ ...state, hasEnded: true })
    const until = Math.max(now(), ...state.tokens.map(({ expiresAt }) => expiresAt * 1000))
    const record = familyRecord(name)
    try {
      return (await records.swap(record, text, { text: left, until })) ? { left } : 'changed'
    } catch (error) {
      if (!isFull(error)) throw error
      return (await records.swap(record, text)) ? {} : 'changed'
    }
  }

  async function end(name: string): Promise<void> {
    for (;;) {
      const text = await records.get(familyRecord(name))
      if (text === undefined) return
      const state = parseFamily(text)
      const stopped = await stop(name, text, state)
      if (stopped === 'changed') continue
      for (const { issuer, expiresAt } of state.tokens) {
        await revoke.token(issuer, familyId(name), expiresAt)
      }
      if (stopped.left !== undefined) await records.swap(familyRecord(name), stopped.left)
      return
    }
  }

  return {
    end,
    async endOf(token) {
      if (hasRefreshTokenForm(token)) await end(familyOf(token))
    }
  }
}
