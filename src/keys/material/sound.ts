/** Checks a public key for known weaknesses that let others sign for it. */
import type { KeyObject } from 'node:crypto'
import { KeyError } from '../key-error.ts'

/**
 * Rejects RSA keys that can be factored at once, and Ed25519 keys that are not a point or have a low order, which node:crypto accepts.
 * Points of other curves are checked on reading.
 * @param publicKey within the bounds of {@link assertFitFor}, since the work grows with its size
 * @throws KeyError
 */
export function assertSound(publicKey: KeyObject): void {
  const { asymmetricKeyType: type } = publicKey
  if (type !== 'rsa' && type !== 'ed25519') return
  const { n = '', x = '' } = publicKey.export({ format: 'jwk' })
  if (type === 'rsa') assertSoundModulus(toNumber(Buffer.from(n, 'base64url')))
  else assertSoundPoint(Buffer.from(x, 'base64url'))
}

/** @param bytes the highest first */
function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`)
}

/** The primes in the fingerprint of ROCA keys of any length (CVE-2017-15361): the first 39. */
const PRIMES = [
  2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
  101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167
]
const PRODUCT = PRIMES.reduce((product, prime) => product * BigInt(prime), 1n)

function assertSoundModulus(modulus: bigint): void {
  const rest = modulus % PRODUCT
  const residues = PRIMES.map((prime) => [Number(rest % BigInt(prime)), prime] as const)
  const factor = residues.find(([residue]) => residue === 0)
  if (factor !== undefined) {
    throw new KeyError(`found an RSA key whose modulus is divisible by ${factor[1]}`)
  }
  // Both primes of such a key are powers of 65537 modulo each of these, and so is their product. Only one other key in 2^154 has this property.
  if (residues.every(([residue, prime]) => isPowerOf65537(residue, prime))) {
    throw new KeyError(
      'found an RSA key with the fingerprint of ROCA (CVE-2017-15361), whose private half can be computed; expected a new key from another generator'
    )
  }
  if (hasCloseFactors(modulus)) {
    throw new KeyError(
      'found an RSA key with primes that are equal or close together (CVE-2022-26320), whose private half can be computed; expected a new key from another generator'
    )
  }
}

/** Primes that are chosen one after the other need one step. Of random primes, not one pair in 2^500 is found by this many. */
const FERMAT_STEPS = 100

/**
 * The method of Fermat: a modulus is the difference of two squares, and the first is soon found if its factors are close together.
 * It takes less than 0.5 ms. A modulus that is itself prime is not looked for: no generator makes one, and the search takes 2 to 240 ms.
 */
function hasCloseFactors(modulus: bigint): boolean {
  let half = rootOf(modulus)
  if (half * half < modulus) half++
  let rest = half * half - modulus
  for (let step = 0; step < FERMAT_STEPS; step++) {
    // Only one number in 15 has the remainder of a square.
    if (SQUARES.has(Number(rest % 720n)) && rootOf(rest) ** 2n === rest) return true
    rest += 2n * half + 1n
    half++
  }
  return false
}

/** The remainders of squares by 720. */
const SQUARES = new Set(Array.from({ length: 720 }, (_, root) => (root * root) % 720))

/** The largest number whose square is not above another one, by the method of Newton, from above. */
function rootOf(value: bigint): bigint {
  if (value === 0n) return 0n
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2))
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

function isPowerOf65537(residue: number, prime: number): boolean {
  const base = 65_537 % prime
  let power = 1
  do {
    if (power === residue) return true
    power = (power * base) % prime
  } while (power !== 1)
  return false
}

/** The field of edwards25519, and the constant of its curve (RFC 8032, section 5.1). */
const P = 2n ** 255n - 19n
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n

/**
 * Points of order 1, 2, 4 and 8 have signatures that anyone can write down.
 * @param encoded y in little endian, with the sign of x in the highest bit (RFC 8032, section 5.1.2)
 */
function assertSoundPoint(encoded: Buffer): void {
  const y = toNumber(Buffer.from(encoded).reverse()) & (2n ** 255n - 1n)
  const square = (y * y) % P
  // y of order 1 and 2 is 1 and -1, of order 4 it is 0, and a point of order 8 doubles to one of order 4.
  if (square === 1n || square === 0n || (D * square * square + 2n * square - 1n) % P === 0n) {
    throw new KeyError('found an Ed25519 key of low order, which anybody can sign for')
  }
  // x^2 = (y^2 - 1) / (d y^2 + 1) has a root where the product of both has one.
  if (y >= P || !isSquare((square - 1n) * (D * square + 1n))) {
    throw new KeyError('found an Ed25519 key that is no point of its curve')
  }
}

/** By the criterion of Euler: a power that is 1 for squares other than 0. */
function isSquare(value: bigint): boolean {
  let base = value % P
  let power = 1n
  for (let exponent = (P - 1n) / 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent % 2n === 1n) power = (power * base) % P
    base = (base * base) % P
  }
  return power === 1n
}
