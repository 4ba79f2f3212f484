/** Where keys come from: the contract of the sources, a source of one fixed key, and one that is limited to a period. */
import type { Key } from './key.ts'
import type { JoseHeader } from './token.ts'

/** A source may change its keys over time, so it is asked each time. Times are milliseconds since 1970. */
export interface KeySource {
  /** Its name in routes: the `kid` of its entry in the configuration. */
  readonly name: string | undefined
  /** The key that signs at this time, if any. */
  readonly signingKey: (now: number) => Key | undefined
  /** Whether its keys are the same at all times. Default: they may change. */
  readonly isFixed?: boolean
  /** The keys that tokens may be verified with at this time: the same array for as long as they are the same. */
  readonly verificationKeys: (now: number) => readonly Key[]
  /** The keys whose public half is published at this time: keys that verify, and keys that will sign soon. */
  readonly publishedKeys: (now: number) => readonly Key[]
  /** When the published keys change next, as far as the source knows; Infinity when it does not plan to. */
  readonly changesAt: (now: number) => number
  /**
   * Looks for a missing key that a token names: a remote JWK Set fetches again, limited by its cooldown.
   * Resolves once there is nothing more to wait for. Never rejects.
   */
  readonly refreshForKid?: (kid: string) => Promise<void>
  /**
   * Whether the source may be missing a key that a token names, since its last refresh failed.
   * A source that leaves this out always has all of its keys.
   */
  readonly isUncertain?: (header: JoseHeader) => boolean
  /** How the last fetch ended. Left out by sources that fetch nothing. */
  readonly lastFetch?: () => LastFetch
  /** Reads, fetches or generates the keys. Rejects with a KeyError when the service cannot start without them. */
  readonly start?: () => Promise<void>
  /** Stops every timer, watch and connection of it. */
  readonly close?: () => void
}

/** The last fetch of a JWK Set. */
export interface LastFetch {
  /** `none` before the first one has ended. */
  readonly outcome: string
  /** When the keys were last confirmed, in milliseconds since 1970; undefined where they never were. */
  readonly confirmedAt: number | undefined
}

/**
 * Makes the source of a key in the configuration, which stays the same until the configuration is reloaded.
 * @param name its name in routes, if any
 */
export function createFixedKeySource(key: Key, name: string | undefined): KeySource {
  const keys = [key]
  const signingKey = key.sign === undefined ? undefined : key
  return {
    name,
    isFixed: true,
    signingKey: () => signingKey,
    verificationKeys: () => keys,
    publishedKeys: () => keys,
    changesAt: () => Number.POSITIVE_INFINITY
  }
}

/** The period of a key in the configuration. Times are milliseconds since 1970. */
export interface KeyPeriod {
  /** When the keys start to sign. They verify and are published before, so that every verifier knows them by then. */
  readonly from?: number | undefined
  /** When the keys expire: from then on they neither sign nor verify, and are not published. */
  readonly until?: number | undefined
}

const NO_KEYS: readonly Key[] = []

/** Limits a source to a period. Without a period the source is returned unchanged. */
export function limitToPeriod(source: KeySource, { from, until }: KeyPeriod): KeySource {
  if (from === undefined && until === undefined) return source
  const start = from ?? Number.NEGATIVE_INFINITY
  const end = until ?? Number.POSITIVE_INFINITY
  return {
    ...source,
    isFixed: false,
    signingKey: (now) => (now >= start && now < end ? source.signingKey(now) : undefined),
    verificationKeys: (now) => (now < end ? source.verificationKeys(now) : NO_KEYS),
    publishedKeys: (now) => (now < end ? source.publishedKeys(now) : []),
    changesAt: (now) =>
      now < end ? Math.min(end, source.changesAt(now)) : Number.POSITIVE_INFINITY
  }
}
