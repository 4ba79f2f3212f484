/** The calls between the primary and its workers, as data. */
import type { RecordedTexts } from '../config/recorded-texts.ts'
import type { MetricsSnapshot } from '../operations/metrics.ts'
import { formatRevoked, parseRevoked, type Revocation } from '../revocation/revocation.ts'
import type { Count } from '../revocation/stores/counts.ts'
import type { ExpiringRecord } from '../revocation/stores/store.ts'
import type { StoreSettings } from '../revocation/stores/stores.ts'
import type { Ports } from '../server/instance.ts'

/** A configuration to be made in each worker: all of them read the same texts. */
export interface ConfigInput {
  readonly file: string
  readonly texts: RecordedTexts
}

/** A revocation in JSON, which has no Infinity: null means for good. */
export type PlainRevocation = readonly [revoked: string, until: number | null]

/** Calls of the primary to a worker. */
export interface WorkerCalls {
  /**
   * Builds the service; nothing listens yet.
   * `first` is the first configuration of the program, where that is another one: the worker will listen as the others do.
   */
  readonly start: (input: {
    readonly current: ConfigInput
    readonly first?: ConfigInput | undefined
  }) => void
  readonly listen: (input: Ports) => Ports
  /** All workers listen: it may report that it is ready. */
  readonly ready: (input: null) => void
  readonly prepare: (input: ConfigInput) => void
  readonly commit: (input: null) => void
  readonly discard: (input: null) => void
  /** Returns whether all requests ended in time. */
  readonly stop: (input: null) => boolean
  readonly snapshot: (input: null) => MetricsSnapshot
  /** Adds to the list of a store that it has open. */
  readonly revoked: (input: {
    readonly handle: number
    readonly revocations: readonly PlainRevocation[]
  }) => void
}

/** Calls of a worker to the primary. A handle is the number that the worker gave to the store when it opened it. */
export interface PrimaryCalls {
  /** The worker can be called from now on. */
  readonly joined: (input: null) => void
  readonly metrics: (input: null) => string
  /** Once it returns, no further connection is accepted, and the workers have all accepted ones. */
  readonly stopAccepting: (input: null) => void
  /** Once it returns, the worker was called with every revocation of the store. */
  readonly openStore: (input: { readonly handle: number; readonly settings: StoreSettings }) => void
  /** Once it returns, the store and every worker have the revocation. */
  readonly addRevocation: (input: {
    readonly handle: number
    readonly revocation: PlainRevocation
  }) => void
  readonly getRecord: (input: { readonly handle: number; readonly name: string }) => string | null
  readonly putRecord: (input: {
    readonly handle: number
    readonly name: string
    readonly record: ExpiringRecord
  }) => void
  readonly swapRecord: (input: {
    readonly handle: number
    readonly name: string
    readonly expected: string
    readonly next?: ExpiringRecord | undefined
  }) => boolean
  readonly addCount: (input: {
    readonly handle: number
    readonly name: string
    readonly amount: number
    readonly periodMs: number
    readonly refused?: number | undefined
  }) => Count
  readonly clearCount: (input: { readonly handle: number; readonly name: string }) => void
  readonly closeStore: (input: { readonly handle: number }) => void
}

export function toPlain({ revoked, until }: Revocation): PlainRevocation {
  return [formatRevoked(revoked), until === Number.POSITIVE_INFINITY ? null : until]
}

export function fromPlain([revoked, until]: PlainRevocation): Revocation {
  return { revoked: parseRevoked(revoked), until: until ?? Number.POSITIVE_INFINITY }
}
