/** Verification with the keys of the key store. */
import { ServiceError } from '../errors.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Verifier } from './check.ts'

export interface KeysVerifierOptions {
  readonly keyStore: KeyStore
  /** The keys to use, by the names they have in the configuration; all of them when left out. */
  readonly names?: readonly string[] | undefined
}

/** Whether a token is its own is judged by `alg` and `kid`; of several keys that fit, one must have signed it. */
export function createKeysVerifier({ keyStore, names }: KeysVerifierOptions): Verifier {
  return async function verifyWithKeys(token) {
    let refusal: ServiceError | undefined
    for (const key of keyStore.candidates(token.header, names)) {
      try {
        return await key.verify(token)
      } catch (error) {
        if (!(error instanceof ServiceError) || error.code !== 'invalid_token') throw error
        refusal = error
      }
    }
    if (refusal !== undefined) throw refusal
    return undefined
  }
}
