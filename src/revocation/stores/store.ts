/** The contract of the stores: where revocations, and the state of refresh tokens, are kept beyond the list in memory. */
import type { StartTimer } from '../../keys/timer.ts'
import type { Address } from '../../remote/address.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import type { Revocation } from '../revocation.ts'

/** A kind of store that `revocation.store` can name. */
export interface StoreKind<Settings> {
  /** How the setting names such a store, as documentation and messages show it. */
  readonly notation: string
  /** Reads the setting; undefined for the notation of another kind. */
  readonly parse: (text: string, reader: SecretReader) => Settings | undefined
  /** Creates the store, and loads what only this kind needs: the service is ready sooner without it. */
  readonly create: (settings: Settings, options: StoreOptions) => Promise<RevocationStore>
  /** Where the store is reached, without a user or password. Left out where it is in this process or on this machine. */
  readonly address?: (settings: Settings) => Pick<Address, 'url' | 'kind'>
}

export interface StoreOptions {
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  readonly startTimer: StartTimer
  readonly log: { readonly warn: (fields: object, message: string) => void }
  /** `revocation.tls`, as PEM texts. */
  readonly tls?: StoreTls | undefined
}

export interface StoreTls {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

export interface RevocationStore {
  /**
   * Reads all that is kept, and follows every change from then on.
   * A store that can come back later by itself reports that to the follower; one that cannot rejects.
   */
  readonly start: (follower: RevocationFollower) => Promise<void>
  /** Keeps a revocation. Once it resolves, the store has it, as durably as the store is. Rejects when that is not known. */
  readonly add: (revocation: Revocation) => Promise<void>
  readonly records: ExpiringRecords
  readonly close: () => Promise<void>
}

/** The holder of the list in memory, as a store sees it. */
export interface RevocationFollower {
  /** Takes what the store holds: all of it at the start, then what is new. Some may come twice. */
  readonly add: (revocations: Iterable<Revocation>) => void
  /** What is held in memory: a store takes from it what it has lost. */
  readonly held: () => Iterable<Revocation>
  /** The list in memory is complete now. Called each time that the store has made sure of it. */
  readonly available: () => void
  /** From now on there may be revocations that the list in memory does not have. */
  readonly unavailable: (reason: string) => void
}

/** Short texts by name, each of which expires. Rejects when the store cannot be reached. */
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
  /** When it expires, in milliseconds since 1970. */
  readonly until: number
}
