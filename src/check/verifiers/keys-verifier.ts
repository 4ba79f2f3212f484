/** Verification with the keys of the key store. */
import { ServiceError } from '../../errors.ts'
import type { Key } from '../../keys/key.ts'
import type { KeyStore } from '../../keys/key-store.ts'
import type { Verifier } from '../check.ts'
import type { JoseHeader } from '../token.ts'

export interface KeysVerifierOptions {
  readonly keyStore: KeyStore
  /** The keys to use, by the names they have in the configuration; all of them when left out. */
  readonly names?: readonly string[] | undefined
}

/** Whether a token is its own is judged by `alg` and `kid`; of several keys that fit, one must have signed it. */
export function createKeysVerifier({ keyStore, names }: KeysVerifierOptions): Verifier {
  async function candidates(header: JoseHeader): Promise<readonly Key[]> {
    const known = keyStore.candidates(header, names)
    if (known.length > 0 || header.kid === undefined) return known
    await keyStore.lookFor(header.kid, names)
    return keyStore.candidates(header, names)
  }

  return async function verifyWithKeys(token) {
    let refusal: ServiceError | undefined
    for (const key of await candidates(token.header)) {
      try {
        return {
          claims: await key.verify(token),
          kid: key.kid,
          isCurrent: () => keyStore.isCurrent(key, names)
        }
      } catch (error) {
        if (!(error instanceof ServiceError) || error.code !== 'invalid_token') throw error
        refusal = error
      }
    }
    if (refusal !== undefined) throw refusal
    return undefined
  }
}
