/** Parsed key material becomes a key of the service. */
import type { KeyObject } from 'node:crypto'
import { algorithmDetails } from './algorithms.ts'
import { createAsymmetricKey } from './asymmetric-key.ts'
import { createEd25519Key } from './ed25519-key.ts'
import { createHmacKey } from './hmac-key.ts'
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
  const details = algorithmDetails(options.alg)
  switch (details.family) {
    case 'HMAC':
      return createHmacKey(options)
    case 'RSA':
    case 'EC':
      return createAsymmetricKey(options, details)
    case 'Ed25519':
      return createEd25519Key(options)
  }
}
