/** Where keys come from. A source may change its keys as time goes by; each question is asked anew. */
import type { Key } from './key.ts'

/** Times are milliseconds since 1970. */
export interface KeySource {
  /** The name that routes call it by: the `kid` of its entry in the configuration. */
  readonly name: string | undefined
  /** The key that signs at this time, if any. */
  readonly signingKey: (now: number) => Key | undefined
  /** The keys that tokens may be verified with at this time. */
  readonly verificationKeys: (now: number) => readonly Key[]
}

/** A source of one key that never changes. */
export function createFixedKeySource(key: Key): KeySource {
  const keys = [key]
  return {
    name: key.kid,
    signingKey: () => (key.sign === undefined ? undefined : key),
    verificationKeys: () => keys
  }
}
