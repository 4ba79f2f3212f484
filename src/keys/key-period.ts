/** A key source that serves for a time only: how keys of the configuration take turns. */
import type { KeySource } from './key-source.ts'

/** Milliseconds since 1970. */
export interface KeyPeriod {
  /** When the keys start to sign. They verify and are published before, so that every verifier knows them by then. */
  readonly from?: number | undefined
  /** When the keys end: from then on they neither sign nor verify, and are not published. */
  readonly until?: number | undefined
}

/** Limits a source to a period. Without one it is given back as it is. */
export function limitToPeriod(source: KeySource, { from, until }: KeyPeriod): KeySource {
  if (from === undefined && until === undefined) return source
  const start = from ?? Number.NEGATIVE_INFINITY
  const end = until ?? Number.POSITIVE_INFINITY
  return {
    ...source,
    signingKey: (now) => (now >= start && now < end ? source.signingKey(now) : undefined),
    verificationKeys: (now) => (now < end ? source.verificationKeys(now) : []),
    publishedKeys: (now) => (now < end ? source.publishedKeys(now) : []),
    changesAt: (now) =>
      now < end ? Math.min(end, source.changesAt(now)) : Number.POSITIVE_INFINITY
  }
}
