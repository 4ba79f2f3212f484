/** Parsed key material becomes a key of the service. */
import type { KeyObject } from 'node:crypto'
import type { Algorithm, Key } from './key.ts'

export interface KeyOptions {
  readonly alg: Algorithm
  /** Secret, private (signs and verifies) or public (verifies only). Already judged strong enough for `alg`. */
  readonly material: KeyObject
  readonly kid?: string | undefined
  /** The `typ` of the tokens it signs. Default `JWT` (RFC 7519, section 5.1). */
  readonly typ?: string | undefined
}

/** Makes a key. All parsing and derivation is done here, once; nothing of it is left to the calls. */
export function createKey(options: KeyOptions): Key {
  throw new Error(`not yet: ${options.alg}`)
}
