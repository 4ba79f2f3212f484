/** How a service verifies tokens: by the issuer's public keys, by a shared secret, or by asking the issuer. */
import type { Verifier } from '../check/check.ts'
import { createKeysVerifier } from '../check/verifiers/keys-verifier.ts'
import { ALGORITHMS, type Algorithm } from '../keys/key.ts'
import { KeyError } from '../keys/key-error.ts'
import { createFixedKeySource } from '../keys/key-source.ts'
import { createKeyStore } from '../keys/key-store.ts'
import { createKey } from '../keys/kinds/create-key.ts'
import {
  parseSecret,
  SECRET_ENCODINGS,
  type SecretEncoding
} from '../keys/material/key-material.ts'
import type { StartTimer } from '../keys/timer.ts'
import { createRemote } from '../remote/remote.ts'
import { cleanText } from '../settings/clean-text.ts'
import { createCheckRouteVerifier } from './check-route-verifier.ts'
import { verifyByJwkSet } from './jwk-set-verification.ts'
import { assertCallable } from './remote-options.ts'

/** Exactly one of `jwksUrl`, `secret` and `endpoint`. */
export interface VerificationOptions {
  /** URL of the issuer's JWK Set. It is fetched at once, kept, and fetched again before it is stale and for unknown keys. */
  readonly jwksUrl?: string | undefined
  /** The shared secret: at least 32 bytes for HS256, 48 for HS384, 64 for HS512. */
  readonly secret?: string | undefined
  /** How the secret is written: `text`, whose bytes in UTF-8 are the secret, or `base64` or `hex`. Default `text`. */
  readonly secretEncoding?: SecretEncoding | undefined
  /** URL of a checkToken route, which is called for each token. */
  readonly endpoint?: string | undefined
  /** The API key of the endpoint, where it needs one. */
  readonly apiKey?: string | undefined
  /**
   * The algorithms that keys may have. Default: for a secret HS256; for a JWK Set all that are not symmetric. A key of a JWK Set
   * without `alg` is used with each of these that suits it; by default only where that is a single one, which leaves RSA keys out.
   */
  readonly algorithms?: readonly Algorithm[] | undefined
  /** Whether URLs may be http://. Default false. */
  readonly allowHttp?: boolean | undefined
  readonly tls?:
    | {
        /** Certificates to trust in place of the well-known authorities, as PEM. */
        readonly ca?: string | undefined
      }
    | undefined
  /** For one call as a whole. Default 5000. */
  readonly timeoutMs?: number | undefined
  /**
   * Called with the reason why tokens cannot be checked: a JWK Set that cannot be fetched, an endpoint that does not answer.
   * For the log, since the answer to the sender of the token does not have it: the message begins with the URL, without its query.
   * Must not throw.
   */
  readonly onFailure?: ((error: Error) => void) | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined
  /** From 0 up to 1: keeps several replicas from asking all at once. */
  readonly random?: (() => number) | undefined
  readonly startTimer?: StartTimer | undefined
}

export interface Verification {
  readonly verify: Verifier
  readonly close: () => Promise<void>
}

const DEFAULT_TIMEOUT = 5_000
const MAX_REPLY_BYTES = 256 * 1024
const MAX_CALLS = 256

/** @throws TypeError for options that contradict each other, or that could never work */
export function createVerification(options: VerificationOptions): Verification {
  const { jwksUrl, secret, secretEncoding, endpoint, algorithms } = options
  if ([jwksUrl, secret, endpoint].filter((origin) => origin !== undefined).length !== 1) {
    throw new TypeError('expected exactly one of jwksUrl, secret and endpoint')
  }
  if (algorithms !== undefined && !areAlgorithms(algorithms)) {
    throw new TypeError(`algorithms: expected a list of ${ALGORITHMS.join(', ')}`)
  }
  if (secretEncoding !== undefined && !SECRET_ENCODINGS.includes(secretEncoding)) {
    throw new TypeError(`secretEncoding: expected one of ${SECRET_ENCODINGS.join(', ')}`)
  }
  if (secretEncoding !== undefined && secret === undefined) {
    throw new TypeError('secretEncoding: only goes with secret')
  }
  if (jwksUrl !== undefined) return verifyByJwkSet(jwksUrl, options)
  if (secret !== undefined) return verifyBySecret(secret, options)
  if (algorithms !== undefined) {
    throw new TypeError('algorithms: expected none, since the endpoint knows them')
  }
  return verifyByEndpoint(endpoint as string, options)
}

function areAlgorithms(given: readonly unknown[]): boolean {
  const known: readonly unknown[] = ALGORITHMS
  return Array.isArray(given) && given.length > 0 && given.every((one) => known.includes(one))
}

function verifyBySecret(
  secret: string,
  { secretEncoding = 'text', algorithms = ['HS256'], now = Date.now }: VerificationOptions
): Verification {
  const sources = algorithms.map((alg) =>
    createFixedKeySource(createSecretKey(secret, secretEncoding, alg), undefined)
  )
  return {
    verify: createKeysVerifier({ keyStore: createKeyStore(sources, now) }),
    close: async () => {}
  }
}

function createSecretKey(secret: string, encoding: SecretEncoding, alg: Algorithm) {
  try {
    return createKey({ alg, material: parseSecret(cleanText(secret), alg, encoding).material })
  } catch (error) {
    if (error instanceof KeyError) throw new TypeError(`secret: ${error.message}`)
    throw error
  }
}

function verifyByEndpoint(url: string, options: VerificationOptions): Verification {
  const { apiKey, tls, timeoutMs = DEFAULT_TIMEOUT } = options
  assertCallable('endpoint', url, options)
  const remote = createRemote({
    url,
    userAgent: 'txtoken-client',
    headers: apiKey === undefined ? {} : { 'api-key': apiKey },
    timeoutMs: timeoutMs,
    connectTimeoutMs: timeoutMs,
    maxReplyBytes: MAX_REPLY_BYTES,
    maxCalls: MAX_CALLS,
    tls,
    isSafe: true,
    onOutcome: () => {}
  })
  return { verify: createCheckRouteVerifier(remote), close: remote.close }
}
