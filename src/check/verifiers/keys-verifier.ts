/** Verification with the keys of a key store. */
import { checkUnavailable, invalidToken, ServiceError } from '../../errors.ts'
import type { Key } from '../../keys/key.ts'
import { ALL_KEYS, type KeySelection, type KeyStore } from '../../keys/key-store.ts'
import type { JoseHeader, Token, VerifiedClaims } from '../../keys/token.ts'
import type { Verified, Verifier } from '../check.ts'
import type { KeysFor } from './issuer-keys.ts'
import { createLastKeys } from './last-keys.ts'

export interface KeysVerifierOptions {
  readonly keyStore: KeyStore
  /** The keys that may verify tokens of an issuer. Default: all keys, for all tokens. */
  readonly keysFor?: KeysFor
}

/**
 * Chooses keys by `iss`, `alg` and `kid`; where several keys match, one of them must have signed the token, and eight of them are tried. Where no key matches and
 * a JWK Set that may have one cannot be fetched, it is unknown whether the token is valid: `check_unavailable`.
 */
export function createKeysVerifier(options: KeysVerifierOptions): Verifier {
  const { keyStore, keysFor = () => ALL_KEYS } = options
  const lastKeys = createLastKeys()

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

  /** Tries keys in turn, from one of them on. Returns a promise only where a key needs one. */
  function tryKeys(token: Token, keys: readonly Key[], selection: KeySelection, from = 0): Found {
    let rejection: unknown
    for (let index = from; index < keys.length; index++) {
      const key = keys[index]
      if (key === undefined) continue
      try {
        const claims = key.verify(token)
        if (claims instanceof Promise) {
          return claims.then(
            (verified) => accept(verified, key),
            (error) => tryNext(error, () => tryKeys(token, keys, selection, index + 1))
          )
        }
        return accept(claims, key)
      } catch (error) {
        if (!isRejection(error)) throw error
        rejection = error
      }
    }
    if (rejection !== undefined) throw rejection
    return undefined

    function accept(claims: VerifiedClaims, key: Key): Verified {
      if (keys.length > 1) lastKeys.remember(token, key)
      return describe(claims, { key, selection, keyStore })
    }
  }

  /** Tries the keys that match a token, of many only a few. */
  function verifyWith(token: Token, keys: readonly Key[], selection: KeySelection): Found {
    if (keys.length <= 1) return tryKeys(token, keys, selection)
    const tried = lastKeys.putFirst(token, keys).slice(0, MOST_TRIED_KEYS)
    if (tried.length === keys.length) return tryKeys(token, tried, selection)
    try {
      const found = tryKeys(token, tried, selection)
      return found instanceof Promise ? found.catch(rejectUntried) : found
    } catch (error) {
      return rejectUntried(error)
    }
  }

  return function verifyWithKeys(token) {
    if (token.header === undefined) return undefined
    const selection = keysFor(token.payload)
    if (selection === undefined) return undefined
    const known = keyStore.candidates(token.header, selection)
    if (known.length > 0) return verifyWith(token, known, selection)
    return findKeys(token.header, selection).then((keys) => verifyWith(token, keys, selection))
  }
}

/** Each costs 20 microseconds or more, and a client that sends a token without a `kid`, or with the `kid` of many keys, could have all of them tried. */
const MOST_TRIED_KEYS = 8

/** One of the keys that were not tried may match the token, so the reason is not the signature. */
function rejectUntried(error: unknown): never {
  if (!isRejection(error)) throw error
  throw invalidToken(
    `Token is signed with none of the ${MOST_TRIED_KEYS} keys that were tried`,
    'key',
    error
  )
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
