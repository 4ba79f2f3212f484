/** Verification with the public keys of the issuer. */
import { createKeysVerifier } from '../check/verifiers/keys-verifier.ts'
import { checkUnavailable } from '../errors.ts'
import { isSymmetric } from '../keys/algorithms.ts'
import { ALGORITHMS } from '../keys/key.ts'
import { createKeyStore } from '../keys/key-store.ts'
import { createRemoteKeySource } from '../keys/remote/remote-key-source.ts'
import { startUnreferencedTimer } from '../keys/timer.ts'
import { assertCallable } from './remote-options.ts'
import type { Verification, VerificationOptions } from './verification.ts'

const ASYMMETRIC = ALGORITHMS.filter((alg) => !isSymmetric(alg))

/**
 * The set is fetched right away, so that the first token need not wait for it.
 * @throws TypeError for options that could never work
 */
export function verifyByJwkSet(url: string, options: VerificationOptions): Verification {
  const { algorithms, allowHttp = false, tls, timeoutMs, onFailure } = options
  const { now = Date.now, random = Math.random, startTimer = startUnreferencedTimer } = options
  assertCallable('jwksUrl', url, options)
  let isCurrent = false
  const source = createRemoteKeySource({
    url,
    algorithms: algorithms ?? ASYMMETRIC,
    requireAlg: algorithms === undefined,
    allowHttp,
    tls,
    timeoutMs,
    now,
    random,
    startTimer,
    report({ error }) {
      isCurrent = error === undefined
      if (error !== undefined) onFailure?.(error)
    }
  })
  const keyStore = createKeyStore([source], now)
  const started = keyStore.start()
  const verifyWithKeys = createKeysVerifier({ keyStore })
  return {
    async verify(token) {
      await started
      const verified = await verifyWithKeys(token)
      // An unknown key may be one that could not be fetched.
      if (verified === undefined && !isCurrent) {
        throw checkUnavailable(new Error('found no key for the token, and no current JWK Set'))
      }
      return verified
    },
    close: async () => keyStore.close()
  }
}
