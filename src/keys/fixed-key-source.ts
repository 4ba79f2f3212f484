/** A key out of the configuration: it stays as it is until the configuration is loaded anew. */
import type { Key } from './key.ts'
import type { KeySource } from './key-source.ts'

/** @param name what routes call it by, if anything */
export function createFixedKeySource(key: Key, name: string | undefined): KeySource {
  const keys = [key]
  const signingKey = key.sign === undefined ? undefined : key
  return {
    name,
    signingKey: () => signingKey,
    verificationKeys: () => keys,
    publishedKeys: () => keys,
    changesAt: () => Number.POSITIVE_INFINITY
  }
}
