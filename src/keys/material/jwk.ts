/** Keys in JSON: JWK and JWK Set (RFC 7517; RFC 7518, section 6; RFC 8037, section 2). */
import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import type { Algorithm } from '../key.ts'
import { KeyError } from '../key-error.ts'
import { assertFitFor, assertPair, UNPAIRED } from './fitness.ts'

/** A JWK as it was found: its members are judged when it is imported. */
export type Jwk = Readonly<Record<string, unknown>>

/** The members that hold key material, by `kty`, public ones first. `oth` is not among them: see {@link importJwk}. */
const MEMBERS: ReadonlyMap<unknown, { public: readonly string[]; private: readonly string[] }> =
  new Map([
    ['RSA', { public: ['n', 'e'], private: ['d', 'p', 'q', 'dp', 'dq', 'qi'] }],
    ['EC', { public: ['crv', 'x', 'y'], private: ['d'] }],
    ['OKP', { public: ['crv', 'x'], private: ['d'] }]
  ])
const BASE64URL = /^[A-Za-z0-9_-]+$/

/**
 * Parses the text of a JWK.
 * @throws KeyError when it is not one JSON object with a `kty`
 */
export function parseJwk(text: string): Jwk {
  const value = parseObject(text, 'a JWK')
  if ('keys' in value) throw new KeyError('found a JWK Set, expected a single JWK')
  if (typeof value.kty !== 'string') throw new KeyError('found JSON without kty, expected a JWK')
  return value
}

/**
 * Parses the text of a JWK Set. Members of `keys` that are no objects with a `kty` are left out, as
 * RFC 7517, section 5 advises: a set may hold keys that its reader does not understand.
 * @throws KeyError when the text is not one JSON object with a list of `keys`
 */
export function parseJwkSet(text: string): readonly Jwk[] {
  const { keys } = parseObject(text, 'a JWK Set')
  if (!Array.isArray(keys)) {
    throw new KeyError('found JSON without a list of keys, expected a JWK Set')
  }
  return keys.filter(isJwk)
}

/**
 * Chooses a key of a set.
 * @param kid may only be left out where the set holds one key
 * @throws KeyError when there is none, or more than one
 */
export function findJwk(jwks: readonly Jwk[], kid: string | undefined): Jwk {
  const [jwk, another] = kid === undefined ? jwks : jwks.filter((jwk) => jwk.kid === kid)
  const named = kid === undefined ? '' : ` with the kid ${quote(kid)}`
  if (jwk === undefined) throw new KeyError(`found no key${named} in the JWK Set`)
  if (another !== undefined) {
    throw new KeyError(
      `found more than one key${named} in the JWK Set, expected ${kid === undefined ? 'a kid that chooses one' : 'one'}`
    )
  }
  return jwk
}

/**
 * Makes a KeyObject of a JWK: secret for `oct`, private when it has a `d`, else public.
 * It is fit for `alg` ({@link assertFitFor}), and its two halves belong together.
 * @throws KeyError when it cannot be read, is not fit, or is meant for something else by its own `alg`, `use` or `key_ops`
 */
export function importJwk(jwk: Jwk, alg: Algorithm): KeyObject {
  const isPrivate = jwk.d !== undefined
  assertMeantFor(alg, jwk, isPrivate || jwk.kty === 'oct' ? 'sign' : 'verify')
  if (jwk.kty === 'oct') {
    const secret = createSecretKey(readMember(jwk, 'k'), 'base64url')
    assertFitFor(alg, secret)
    return secret
  }

  const members = MEMBERS.get(jwk.kty)
  if (members === undefined) {
    throw new KeyError(`found a JWK of the kty ${quote(jwk.kty)}, expected RSA, EC, OKP or oct`)
  }
  // node:crypto would leave the further primes out, and sign something else (RFC 7518, section 6.3.2.7).
  if (jwk.oth !== undefined) throw new KeyError('found an RSA key of more than two primes')
  const publicKey = importPart(jwk, members.public, createPublicKey)
  assertFitFor(alg, publicKey)
  if (!isPrivate) return publicKey
  const names = [...members.public, ...members.private]
  // Its public half can be read: newer releases of Node.js look themselves whether the two belong together.
  const privateKey = importPart(jwk, names, createPrivateKey, UNPAIRED)
  assertPair(privateKey, publicKey)
  return privateKey
}

function importPart(
  jwk: Jwk,
  names: readonly string[],
  create: typeof createPrivateKey | typeof createPublicKey,
  problem = `found a JWK of the kty ${jwk.kty} that cannot be read`
): KeyObject {
  const members = Object.fromEntries(names.map((name) => [name, readMember(jwk, name)]))
  try {
    return create({ key: { kty: String(jwk.kty), ...members }, format: 'jwk' })
  } catch {
    throw new KeyError(problem)
  }
}

/** node:crypto skips characters that are not base64url, and reads a key that was never meant. */
function readMember(jwk: Jwk, name: string): string {
  const value = jwk[name]
  if (value === undefined) throw new KeyError(`found a JWK of the kty ${jwk.kty} without ${name}`)
  if (typeof value !== 'string' || !BASE64URL.test(value)) {
    throw new KeyError(`found a JWK whose ${name} is not base64url`)
  }
  return value
}

function assertMeantFor(alg: Algorithm, jwk: Jwk, operation: 'sign' | 'verify'): void {
  if (jwk.alg !== undefined && jwk.alg !== alg) {
    throw new KeyError(`found a JWK with the alg ${quote(jwk.alg)}, expected ${alg}`)
  }
  if (jwk.use !== undefined && jwk.use !== 'sig') {
    throw new KeyError(`found a JWK with the use ${quote(jwk.use)}, expected sig`)
  }
  if (
    jwk.key_ops !== undefined &&
    !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes(operation))
  ) {
    throw new KeyError(`found a JWK whose key_ops do not allow it to ${operation}`)
  }
}

/** Whether a text is a JWK or a JWK Set, however broken. */
export function isJwkText(text: string): boolean {
  try {
    const value = parseObject(text, 'a JWK')
    return 'kty' in value || 'keys' in value
  } catch {
    return false
  }
}

function isJwk(value: unknown): value is Jwk {
  return (
    typeof value === 'object' && value !== null && 'kty' in value && typeof value.kty === 'string'
  )
}

function parseObject(text: string, expected: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new KeyError(`found text that is not JSON, expected ${expected}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new KeyError(`found JSON that is not an object, expected ${expected}`)
  }
  return value as Record<string, unknown>
}

/** Quotes a value of a JWK for a message. The set may come from another server, so the text is cut and its line ends are escaped. */
function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : '(no text)'
}
