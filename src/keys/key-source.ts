/** Where keys come from: the contract of the sources, a source of one fixed key, and one that is limited to a period. */
import type { Key } from './key.ts'
import type { JoseHeader } from './token.ts'

/** A source may change its keys as time goes by, so each question is asked anew. Times are milliseconds since 1970. */
export interface KeySource {
  /** The name that routes call it by: the `kid` of its entry in the configuration. */
  readonly name: string | undefined
  /** The key that signs at this time, if any. */
  readonly signingKey: (now: number) => Key | undefined
  /** Whether its keys are the same at all times. Default: they may change. */
  readonly isFixed?: boolean
  /** The keys that tokens may be verified with at this time: the same array for as long as they are the same. */
  readonly verificationKeys: (now: number) => readonly Key[]
  /** The keys whose public half is to be published at this time: those that verify, and those that will sign soon. */
  readonly publishedKeys: (now: number) => readonly Key[]
  /** When the published keys change next, as far as the source knows; Infinity when it does not plan to. */
  readonly changesAt: (now: number) => number
  /**
   * Looks for a key that a token names and that is not there: a remote JWK Set fetches again, within its cooldown.
   * Resolves once there is nothing more to wait for. Never rejects.
   */
  readonly refreshForKid?: (kid: string) => Promise<void>
  /**
   * Whether the source may be missing a key that a token names, since its last refresh failed.
   * A source that leaves this out always has all of its keys.
   */
  readonly isUncertain?: (header: JoseHeader) => boolean
  /** Reads, fetches or generates the keys. Rejects with a KeyError when the service cannot start without them. */
  readonly start?: () => Promise<void>
  /** Stops every timer, watch and connection of it. */
  readonly close?: () => void
}

/**
 * Makes the source of a key in the configuration, which stays as it is until the configuration is loaded anew.
 * @param name what routes call it by, if anything
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

/** How keys of the configuration take turns. Times are milliseconds since 1970. */
export interface KeyPeriod {
  /** When the keys start to sign. They verify and are published before, so that every verifier knows them by then. */
  readonly from?: number | undefined
  /** When the keys expire: from then on they neither sign nor verify, and are not published. */
  readonly until?: number | undefined
}

const NO_KEYS: readonly Key[] = []

/** Limits a source to a period. Without a period the source is returned as it is. */
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
