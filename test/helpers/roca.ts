/** RSA keys as the library of Infineon made them (CVE-2017-15361). */
import { checkPrimeSync, randomBytes } from 'node:crypto'

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  if (exponent === 0n) return 1n
  const half = power(base, exponent / 2n, modulus)
  return (half * half * (exponent % 2n === 1n ? base : 1n)) % modulus
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n]
  while (a !== 0n) {
    const quotient = b / a
    ;[a, b, x, y] = [b - quotient * a, a, y - quotient * x, x]
  }
  return ((y % modulus) + modulus) % modulus
}

/** The bytes of a number, the highest first. */
export function toBase64url(number: bigint): string {
  const hex = number.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}

const random = (bytes: number) => BigInt(`0x${randomBytes(bytes).toString('hex')}`)

/** The product of the first 126 primes, which the library of Infineon used for keys of 2048 bits. */
const PRIMORIAL = Array.from({ length: 700 }, (_, index) => index + 2)
  .filter((number, _, all) => all.every((other) => other >= number || number % other !== 0))
  .reduce((product, prime) => product * BigInt(prime), 1n)

/** A prime of 1024 bits as that library makes it: k M + 65537^a mod M. */
function generateRocaPrime(): bigint {
  for (;;) {
    const k = (3n * 2n ** 1022n + (random(128) >> 2n)) / PRIMORIAL
    const candidate = k * PRIMORIAL + power(65_537n, random(20), PRIMORIAL)
    if (checkPrimeSync(candidate)) return candidate
  }
}

/** A whole key with the fingerprint of ROCA. */
export function generateRocaJwk(): Record<string, string> {
  const [p, q, e] = [generateRocaPrime(), generateRocaPrime(), 65_537n]
  const d = inverse(e, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  return {
    kty: 'RSA',
    ...Object.fromEntries(Object.entries(numbers).map(([name, one]) => [name, toBase64url(one)]))
  }
}
