/** Verification with the keys of a key store. */
import { checkUnavailable, ServiceError } from '../../errors.ts'
import type { Key } from '../../keys/key.ts'
import { ALL_KEYS, type KeySelection, type KeyStore } from '../../keys/key-store.ts'
import type { JoseHeader, Token, VerifiedClaims } from '../../keys/token.ts'
import type { Verified, Verifier } from '../check.ts'
import type { KeysFor } from './issuer-keys.ts'

export interface KeysVerifierOptions {
  readonly keyStore: KeyStore
  /** The keys that may verify tokens of an issuer. Default: all keys, for all tokens. */
  readonly keysFor?: KeysFor
}

/**
 * Chooses keys by `iss`, `alg` and `kid`; where several keys fit, one of them must have signed the token. Where no key fits and
 * a JWK Set that may have one cannot be fetched, it is unknown whether the token is valid: `check_unavailable`.
 */
export function createKeysVerifier(options: KeysVerifierOptions): Verifier {
  const { keyStore, keysFor = () => ALL_KEYS } = options

  async function findKeys(header: JoseHeader, selection: KeySelection): Promise<readonly Key[]> {
    if (header.kid !== undefined) await keyStore.refreshForKid(header.kid, selection)
    const found = keyStore.candidates(header, selection)
    if (found.length === 0 && keyStore.isUncertain(header, selection)) {
      throw checkUnavailable(
        new Error('found no key for the token, and a JWK Set cannot be fetched')
      )
    }
    return found
  }

  /** Tries keys in turn, from one of them on. A promise follows where a key needs one. */
  function tryKeys(token: Token, keys: readonly Key[], selection: KeySelection, from = 0): Found {
    let rejection: unknown
    for (let index = from; index < keys.length; index++) {
      const key = keys[index]
      if (key === undefined) continue
      try {
        const claims = key.verify(token)
        if (claims instanceof Promise) {
          return claims.then(
            (verified) => describe(verified, { key, selection, keyStore }),
            (error) => tryNext(error, () => tryKeys(token, keys, selection, index + 1))
          )
        }
        return describe(claims, { key, selection, keyStore })
      } catch (error) {
        if (!isRejection(error)) throw error
        rejection = error
      }
    }
    if (rejection !== undefined) throw rejection
    return undefined
  }

  return function verifyWithKeys(token) {
    const selection = keysFor(token.payload.iss)
    if (selection === undefined) return undefined
    const known = keyStore.candidates(token.header, selection)
    if (known.length > 0) return tryKeys(token, known, selection)
    return findKeys(token.header, selection).then((keys) => tryKeys(token, keys, selection))
  }
}

type Found = Promise<Verified | undefined> | Verified | undefined

function isRejection(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'invalid_token'
}

/** After a rejection the next key may verify the token; where none does, the rejection is the result. */
async function tryNext(rejection: unknown, next: () => Found): Promise<Verified | undefined> {
  if (!isRejection(rejection)) throw rejection
  const verified = await next()
  if (verified === undefined) throw rejection
  return verified
}

interface VerifiedBy {
  readonly key: Key
  readonly selection: KeySelection
  readonly keyStore: KeyStore
}

function describe(claims: VerifiedClaims, { key, selection, keyStore }: VerifiedBy): Verified {
  return { claims, kid: key.kid, isCurrent: () => keyStore.isCurrent(key, selection) }
}
