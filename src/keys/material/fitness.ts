/** Whether key material is strong enough and of the right kind for its algorithm, and whether it is slow. */
import { type KeyObject, sign, verify } from 'node:crypto'
import { algorithmDetails } from '../algorithms.ts'
import type { Algorithm } from '../key.ts'
import { KeyError } from '../key-error.ts'

const LEAST_RSA_BITS = 2048
/** A check takes 0.2 ms of CPU at this length, or 0.5 with the largest exponent, and four times that at twice the length. */
const MOST_RSA_MODULUS_BITS = 8192
/** Keys in use have 65537, of 17 bits. With 3000 bits, a check took 1.2 ms instead of 0.04. */
const MOST_EXPONENT_BITS = 33

/** OpenSSL's names of the curves that JOSE knows by others (RFC 7518, section 6.2.1.1). */
const CURVES: ReadonlyMap<string, string> = new Map([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521']
])

/**
 * Checks key material: secret, private or public.
 * @throws KeyError with the found key and the expected one for `alg`
 */
export function assertFitFor(alg: Algorithm, material: KeyObject): void {
  const details = algorithmDetails(alg)
  if (details.family === 'HMAC') assertSecret(alg, material, details.leastSecretBytes)
  else if (details.family === 'RSA') assertRsa(alg, material)
  else if (details.family === 'EC' && curveOf(material) !== details.curve) {
    throw unfit(alg, material, `an EC key on the curve ${details.curve}`)
  } else if (details.family === 'Ed25519' && material.asymmetricKeyType !== 'ed25519') {
    throw unfit(alg, material, 'an Ed25519 key')
  }
}

function assertSecret(alg: Algorithm, material: KeyObject, leastBytes: number): void {
  const bytes = material.symmetricKeySize
  if (bytes === undefined) throw unfit(alg, material, 'a shared secret')
  if (bytes < leastBytes) {
    throw new KeyError(
      `found a secret of ${bytes} bytes, expected at least ${leastBytes} bytes for ${alg} (RFC 7518, section 3.2)`
    )
  }
}

function assertRsa(alg: Algorithm, material: KeyObject): void {
  const { modulusLength = 0, publicExponent = 0n } = material.asymmetricKeyDetails ?? {}
  if (material.asymmetricKeyType !== 'rsa' || modulusLength < LEAST_RSA_BITS) {
    throw unfit(alg, material, `an RSA key of at least ${LEAST_RSA_BITS} bits`)
  }
  if (modulusLength > MOST_RSA_MODULUS_BITS) {
    throw unfit(alg, material, `an RSA key of at most ${MOST_RSA_MODULUS_BITS} bits`)
  }
  if (publicExponent >> BigInt(MOST_EXPONENT_BITS) > 0n) {
    throw new KeyError(
      `found an RSA key with a public exponent of ${publicExponent.toString(2).length} bits, expected at most ${MOST_EXPONENT_BITS}, usually 65537`
    )
  }
  // With an exponent of 1 the signature is the message itself, and an even one has no inverse.
  if (publicExponent < 3n || publicExponent % 2n === 0n) {
    throw new KeyError(
      `found an RSA key with the public exponent ${publicExponent}, expected an odd one from 3 on, usually 65537`
    )
  }
}

export const UNPAIRED = 'found a private key that does not match its own public half'

/**
 * Makes sure that the public key verifies signatures of the private one. A JWK holds both halves,
 * which may belong to different keys, and node:crypto of older releases accepts them unchecked.
 * @throws KeyError
 */
export function assertPair(privateKey: KeyObject, publicKey: KeyObject): void {
  const hash = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const probe = Buffer.from('probe')
  let matches: boolean
  try {
    matches = verify(hash, probe, publicKey, sign(hash, probe, privateKey))
  } catch {
    matches = false
  }
  if (!matches) throw new KeyError(UNPAIRED)
}

function unfit(alg: Algorithm, material: KeyObject, expected: string): KeyError {
  return new KeyError(`found ${describeKey(material)}, expected ${expected} for ${alg}`)
}

function describeKey(material: KeyObject): string {
  switch (material.asymmetricKeyType) {
    case undefined:
      return 'a shared secret'
    case 'rsa':
      return `an RSA key of ${material.asymmetricKeyDetails?.modulusLength} bits`
    case 'ec':
      return `an EC key on the curve ${curveOf(material) ?? 'without a name'}`
    case 'ed25519':
      return 'an Ed25519 key'
    default:
      return `a key of the type ${material.asymmetricKeyType}`
  }
}

function curveOf(material: KeyObject): string | undefined {
  const name = material.asymmetricKeyDetails?.namedCurve
  return name === undefined ? undefined : (CURVES.get(name) ?? name)
}

const MOST_RSA_BITS = 3072
/** Measured on a server core with OpenSSL 3.0: 0.3 ms for 2048 bits, 1.8 ms for 3072, 4 ms for 4096. It grows with the cube. */
const MILLISECONDS_OF_4096_BITS = 4

/**
 * Describes the cost of a key.
 * @param material undefined where it is made or fetched later: then only the algorithm is checked
 * @returns undefined for a key that is not slow
 */
export function describeCost(alg: Algorithm, material: KeyObject | undefined): string | undefined {
  if (alg === 'ES512') {
    return 'ES512 is slow: a signature takes about 1.6 ms of CPU and a check about 1.2 ms, some 30 and 10 times as much as with ES256'
  }
  const bits = material?.asymmetricKeyDetails?.modulusLength ?? 0
  if (material?.type !== 'private' || bits <= MOST_RSA_BITS) return undefined
  const milliseconds = Math.round(MILLISECONDS_OF_4096_BITS * (bits / 4096) ** 3)
  return `an RSA key of ${bits} bits is slow: a signature takes about ${milliseconds} ms of CPU, against 0.3 ms with 2048 bits or 0.05 ms with ES256`
}
