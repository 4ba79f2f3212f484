/** The contract of the stores: where revocations, and the state of refresh tokens, are kept beyond the list in memory. */
import type { StartTimer } from '../../keys/timer.ts'
import type { Log } from '../../log-messages.ts'
import type { StoreAddress } from '../../remote/address.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import type { Revocation } from '../revocation.ts'
import type { Counts } from './counts.ts'

/** A kind of store that `revocation.store` can name. */
export interface StoreKind<Settings> {
  /** The notation of such a store, for documentation and messages. */
  readonly notation: string
  /** Reads the setting; undefined for the notation of another kind. */
  readonly parse: (text: string, reader: SecretReader) => Settings | undefined
  /** Creates the store, and loads the libraries of this kind: the service is ready sooner without them. */
  readonly create: (settings: Settings, options: StoreOptions) => Promise<RevocationStore>
  /** Where the store is reached, without a user or password. Left out where it is in this process. */
  readonly address?: (settings: Settings, tls: StoreTls | undefined) => StorePlace
}

/** The address of a store, and its probe. */
export type StorePlace = Pick<StoreAddress, 'url' | 'shown' | 'kind' | 'reach'>

export interface StoreOptions {
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  readonly startTimer: StartTimer
  readonly log: Pick<Log, 'warn'>
  /** `revocation.tls`, as PEM texts. */
  readonly tls?: StoreTls | undefined
  /** Receives the reports of a store with its own limit. Default: nothing does. */
  readonly report?: RecordsReport | undefined
}

/** Reports of the records of a store with its own limit, to the metrics. */
export interface RecordsReport {
  /** The bytes of the records, and the limit. */
  readonly recordsHeld: (bytes: number, maxBytes: number) => void
  /** A record was evicted for another one. */
  readonly recordEvicted: () => void
}

export interface StoreTls {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

export interface RevocationStore {
  /**
   * Reads all entries, and follows every change from then on.
   * A store that can come back later by itself reports that to the follower; one that cannot rejects.
   */
  readonly start: (follower: RevocationFollower) => Promise<void>
  /** Keeps a revocation. Once it resolves, the store has it, as durably as the store is. Rejects when that is not known. */
  readonly add: (revocation: Revocation) => Promise<void>
  readonly records: ExpiringRecords
  /** Left out by a store without counts. */
  readonly counts?: Counts | undefined
  readonly close: () => Promise<void>
}

/** The holder of the list in memory, for a store. */
export interface RevocationFollower {
  /** Receives the entries of the store: all of them at the start, then new ones. Some may come twice. */
  readonly add: (revocations: Iterable<Revocation>) => void
  /** The list in memory, from which a store restores lost entries. */
  readonly held: () => Iterable<Revocation>
  /** The list in memory is complete now. Called each time that the store has confirmed it. */
  readonly available: () => void
  /** From now on there may be revocations that the list in memory does not have. */
  readonly unavailable: (reason: string) => void
}

const FULL = 'StoreFullError'

/** The store works, but is full. */
export class StoreFullError extends Error {
  override readonly name = FULL
}

/** Whether an error is a {@link StoreFullError}, also one that comes from another process by its name. */
export function isStoreFull(error: unknown): boolean {
  return error instanceof Error && error.name === FULL
}

/** Short texts by name, each of which expires. Rejects when the store cannot be reached, or with a {@link StoreFullError}. */
export interface ExpiringRecords {
  readonly get: (name: string) => Promise<string | undefined>
  readonly put: (name: string, record: ExpiringRecord) => Promise<void>
  /**
   * Replaces a record in one step if its text is still the expected one: of several concurrent calls, one succeeds.
   * @param next its replacement; without one, the record is removed
   * @returns whether it was replaced
   */
  readonly swap: (name: string, expected: string, next?: ExpiringRecord) => Promise<boolean>
}

export interface ExpiringRecord {
  readonly text: string
  /** When it expires, in milliseconds since 1970. */
  readonly until: number
}
