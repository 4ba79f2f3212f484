/** Makes a key of the service from parsed key material. */
import { algorithmDetails } from '../algorithms.ts'
import type { Key, KeyOptions } from '../key.ts'
import { createAsymmetricKey } from './asymmetric-key.ts'
import { createEd25519Key } from './ed25519-key.ts'
import { createHmacKey } from './hmac-key.ts'

/** Makes a key. All parsing and derivation is done here, once, and not in the calls. */
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
