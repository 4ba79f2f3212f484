/** Where keys come from. A source may change its keys as time goes by; each question is asked anew. */
import type { Key } from './key.ts'
import type { JoseHeader } from './token.ts'

/** Times are milliseconds since 1970. */
export interface KeySource {
  /** The name that routes call it by: the `kid` of its entry in the configuration. */
  readonly name: string | undefined
  /** The key that signs at this time, if any. */
  readonly signingKey: (now: number) => Key | undefined
  /** The keys that tokens may be verified with at this time. */
  readonly verificationKeys: (now: number) => readonly Key[]
  /** The keys whose public half is to be published at this time: those that verify, and those that will sign soon. */
  readonly publishedKeys: (now: number) => readonly Key[]
  /** When the published keys change next, as far as the source knows; Infinity when it does not plan to. */
  readonly changesAt: (now: number) => number
  /**
   * Looks for a key that a token names and that is not there: a remote JWK Set fetches again, within its cooldown.
   * Resolves once there is nothing more to wait for. Never rejects.
   */
  readonly lookFor?: (kid: string) => Promise<void>
  /**
   * Whether a key that a token names may be there all the same: what the source has could not be had anew when it was last asked for.
   * A source that leaves this out always knows.
   */
  readonly isUncertain?: (header: JoseHeader) => boolean
  /** Brings the source to where it can answer: reads, fetches or generates. Rejects with a KeyError when it cannot be started without. */
  readonly start?: () => Promise<void>
  /** Stops every timer, watch and connection of it. */
  readonly close?: () => void
}
