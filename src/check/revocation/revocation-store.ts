/** The contract of the stores: where revocations are kept beyond the list in memory, and the state of refresh tokens. */
import type { Revocation } from './revocation.ts'

export interface RevocationStore {
  /**
   * Reads all that is kept, and follows every change from then on.
   * A store that can come back later by itself says so to the follower; one that cannot rejects.
   */
  readonly start: (follower: RevocationFollower) => Promise<void>
  /** Keeps a revocation. Once it resolves, the store has it, as durably as the store is. Rejects when that is not known. */
  readonly add: (revocation: Revocation) => Promise<void>
  readonly records: ExpiringRecords
  readonly close: () => Promise<void>
}

/** Who holds the list in memory, as a store sees it. */
export interface RevocationFollower {
  /** Takes what the store holds: all of it at the start, then what is new. Some may come twice. */
  readonly add: (revocations: Iterable<Revocation>) => void
  /** What is held in memory: a store that has lost some of it takes it from here. */
  readonly held: () => Iterable<Revocation>
  /** The list in memory is complete now. Said as often as it is made sure of. */
  readonly available: () => void
  /** From now on there may be revocations that the list in memory does not have. */
  readonly unavailable: (reason: string) => void
}

/** Short texts by name, each with an end. Rejects when the store cannot be reached. */
export interface ExpiringRecords {
  readonly get: (name: string) => Promise<string | undefined>
  readonly put: (name: string, record: ExpiringRecord) => Promise<void>
  /**
   * Replaces a record in one step if its text is still the expected one: of several who try at once, one succeeds.
   * @param next what takes its place; nothing, and the record is gone
   * @returns whether it was replaced
   */
  readonly swap: (name: string, expected: string, next?: ExpiringRecord) => Promise<boolean>
}

export interface ExpiringRecord {
  readonly text: string
  /** When it ends, in milliseconds since 1970. */
  readonly until: number
}
