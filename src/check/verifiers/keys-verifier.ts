/** Verification with the keys of a key store. */
import { checkUnavailable, ServiceError } from '../../errors.ts'
import { isSymmetric } from '../../keys/algorithms.ts'
import { ALGORITHMS, type Key } from '../../keys/key.ts'
import { ALL_KEYS, type KeySelection, type KeyStore } from '../../keys/key-store.ts'
import type { JoseHeader, VerifiedClaims } from '../../keys/token.ts'
import type { Verified, Verifier } from '../check.ts'
import type { VerifyNow } from '../check-now.ts'
import type { KeysFor } from './issuer-keys.ts'

export interface KeysVerifierOptions {
  readonly keyStore: KeyStore
  /** The keys that may verify tokens of an issuer. Default: all keys, for all tokens. */
  readonly keysFor?: KeysFor
}

/**
 * Whether a token is its own is judged by `iss`, `alg` and `kid`; of several keys that fit, one must have signed it. Where no key
 * fits and the one that does could not be fetched, it is unknown whether the token is good: `check_unavailable`.
 */
export function createKeysVerifier(options: KeysVerifierOptions): Verifier {
  const { keyStore, keysFor = () => ALL_KEYS } = options

  async function findKeys(header: JoseHeader, selection: KeySelection): Promise<readonly Key[]> {
    const known = keyStore.candidates(header, selection)
    if (known.length > 0) return known
    if (header.kid !== undefined) await keyStore.lookFor(header.kid, selection)
    const found = keyStore.candidates(header, selection)
    if (found.length === 0 && keyStore.isUncertain(header, selection)) {
      throw checkUnavailable(new Error('found no key, and a JWK Set that cannot be fetched'))
    }
    return found
  }

  return async function verifyWithKeys(token) {
    const selection = keysFor(token.payload.iss)
    if (selection === undefined) return undefined
    let refusal: ServiceError | undefined
    for (const key of await findKeys(token.header, selection)) {
      try {
        return describe(await key.verify(token), { key, selection, keyStore })
      } catch (error) {
        if (!(error instanceof ServiceError) || error.code !== 'invalid_token') throw error
        refusal = error
      }
    }
    if (refusal !== undefined) throw refusal
    return undefined
  }
}

const SECRET_ALGORITHMS = ALGORITHMS.filter(isSymmetric)

/**
 * The same where it takes no wait and little time: for tokens that one key alone may have signed, and that a secret. Whatever else there
 * is to say of a token, refusals too, is the verifier's to say. Undefined where no key is a secret.
 */
export function createVerifyNow({
  keyStore,
  keysFor = () => ALL_KEYS
}: KeysVerifierOptions): VerifyNow | undefined {
  if (SECRET_ALGORITHMS.every((alg) => keyStore.candidates({ alg }).length === 0)) return undefined

  return function verifyWithSecret(token) {
    const selection = keysFor(token.payload.iss)
    if (selection === undefined) return undefined
    const [key, another] = keyStore.candidates(token.header, selection)
    if (key === undefined || another !== undefined || !isSymmetric(key.alg)) return undefined
    const claims = key.verify(token)
    return claims instanceof Promise ? undefined : describe(claims, { key, selection, keyStore })
  }
}

interface VerifiedBy {
  readonly key: Key
  readonly selection: KeySelection
  readonly keyStore: KeyStore
}

function describe(claims: VerifiedClaims, { key, selection, keyStore }: VerifiedBy): Verified {
  return { claims, kid: key.kid, isCurrent: () => keyStore.isCurrent(key, selection) }
}
