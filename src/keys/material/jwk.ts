/** Keys in JSON: JWK and JWK Set (RFC 7517; RFC 7518, section 6; RFC 8037, section 2). */
import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { decodeBase64 } from '../../settings/key-text.ts'
import { isNamed } from '../algorithms.ts'
import type { Algorithm } from '../key.ts'
import { KeyError } from '../key-error.ts'
import { assertFitFor, assertPair, UNPAIRED } from './fitness.ts'
import { assertSound } from './sound.ts'

/** An unchecked JWK: its members are checked on import. */
export type Jwk = Readonly<Record<string, unknown>>

/** The members that hold key material, by `kty`, public ones first. `oth` is not among them: see {@link importJwk}. */
const MEMBERS: ReadonlyMap<unknown, { public: readonly string[]; private: readonly string[] }> =
  new Map([
    ['RSA', { public: ['n', 'e'], private: ['d', 'p', 'q', 'dp', 'dq', 'qi'] }],
    ['EC', { public: ['crv', 'x', 'y'], private: ['d'] }],
    ['OKP', { public: ['crv', 'x'], private: ['d'] }]
  ])

/** Parsed JSON that holds keys. */
interface JwkText {
  readonly jwks: readonly Jwk[]
  /** Whether it is a JWK Set, not a JWK by itself. */
  readonly isSet: boolean
}

/**
 * Parses the text of a JWK Set, or of a JWK, which counts as a set of one. Members of `keys` that are not objects with a `kty` are left out, as
 * RFC 7517, section 5 advises: a set may hold keys that its reader does not understand.
 * @throws KeyError when the text is not one JSON object with a `kty` or a list of `keys`
 */
export function parseJwks(text: string): JwkText {
  const value = parseObject(text)
  if (Array.isArray(value.keys)) return { jwks: value.keys.filter(isJwk), isSet: true }
  if (isJwk(value)) return { jwks: [value], isSet: false }
  throw new KeyError(
    'found JSON without kty and without a list of keys, expected a JWK or a JWK Set'
  )
}

/**
 * Parses the text of a JWK.
 * @throws KeyError when it is not one JSON object with a `kty`
 */
export function parseJwk(text: string): Jwk {
  const { jwks, isSet } = parseJwks(text)
  const [jwk] = jwks
  if (isSet || jwk === undefined) throw new KeyError('found a JWK Set, expected a single JWK')
  return jwk
}

/** A chosen key of a set. */
interface ChosenJwk {
  readonly material: KeyObject
  /** Its own name. */
  readonly kid: string | undefined
}

/**
 * Chooses the key of a set that is usable with an algorithm, and imports it. Unusable and duplicate keys are ignored.
 * @param kid may only be left out where one key is usable. The only key of a set need not have it.
 * @throws KeyError when there is none, or more than one
 */
export function importFromSet(jwks: readonly Jwk[], alg: Algorithm, kid?: string): ChosenJwk {
  const named = kid === undefined ? '' : ` with the kid ${quote(kid)}`
  const found = withKid(jwks, kid)
  const [only] = found
  if (only === undefined) throw new KeyError(`found no key${named} in the JWK Set`)
  if (found.length === 1) return { material: importJwk(only, alg), kid: kidOf(only) }
  const fitting: ChosenJwk[] = []
  for (const jwk of found) {
    const material = importIfFit(jwk, alg)
    if (material === undefined || fitting.some((one) => one.material.equals(material))) continue
    fitting.push({ material, kid: kidOf(jwk) })
  }
  const [chosen, another] = fitting
  if (chosen === undefined) {
    throw new KeyError(
      `found ${found.length} keys${named} in the JWK Set, none of which fits ${alg}`
    )
  }
  if (another !== undefined) {
    throw new KeyError(
      `found more than one key${named} for ${alg} in the JWK Set, expected ${kid === undefined ? 'a kid that chooses one' : 'one'}`
    )
  }
  return chosen
}

/** The keys of a set with a kid: all without one. The only key of a set need not have the kid. */
export function withKid(jwks: readonly Jwk[], kid: string | undefined): readonly Jwk[] {
  const isNameless = jwks.length === 1 && jwks.every((jwk) => kidOf(jwk) === undefined)
  return kid === undefined || isNameless ? jwks : jwks.filter((jwk) => kidOf(jwk) === kid)
}

/** The kid of a key. One that is not text could not be in the header of a token either. */
export function kidOf(jwk: Jwk): string | undefined {
  const kid = memberOf(jwk, 'kid')
  return typeof kid === 'string' ? kid : undefined
}

/** The same as {@link importJwk}; undefined for a key that is not usable with the algorithm. */
export function importIfFit(jwk: Jwk, alg: Algorithm): KeyObject | undefined {
  try {
    return importJwk(jwk, alg)
  } catch (error) {
    if (error instanceof KeyError) return undefined
    throw error
  }
}

/**
 * Makes a KeyObject from a JWK: secret for `oct`, private when it has a `d`, else public.
 * It is strong enough for `alg` ({@link assertFitFor}), sound ({@link assertSound}), and its two halves match.
 * @throws KeyError when it is unreadable or unusable, or has another purpose by its own `alg`, `use` or `key_ops`
 */
export function importJwk(jwk: Jwk, alg: Algorithm): KeyObject {
  return importJwkFor(jwk, [alg]).material
}

/** A JWK that is imported once for all algorithms that it may be used with. */
interface ImportedJwk {
  readonly material: KeyObject
  /** The given algorithms that it is usable with: at least one. */
  readonly algorithms: readonly Algorithm[]
}

/**
 * The same for several algorithms: unusable ones, and others than the `alg` of the JWK, are left out.
 * @throws KeyError when none is left, with the reason for each
 */
export function importJwkFor(jwk: Jwk, algorithms: readonly Algorithm[]): ImportedJwk {
  const isPrivate = memberOf(jwk, 'd') !== undefined
  const operation = isPrivate || jwk.kty === 'oct' ? 'sign' : 'verify'
  const meant = filterMeant(algorithms, jwk, operation)
  if (jwk.kty === 'oct') {
    const secret = createSecretKey(readMember(jwk, 'k'), 'base64url')
    return { material: secret, algorithms: filterFit(meant, secret) }
  }

  const members = MEMBERS.get(jwk.kty)
  if (members === undefined) {
    throw new KeyError(`found a JWK of the kty ${quote(jwk.kty)}, expected RSA, EC, OKP or oct`)
  }
  // node:crypto would leave the further primes out, and sign something else (RFC 7518, section 6.3.2.7).
  if (memberOf(jwk, 'oth') !== undefined) {
    throw new KeyError('found an RSA key of more than two primes')
  }
  const publicKey = importPart(jwk, members.public, createPublicKey)
  const fitting = filterFit(meant, publicKey)
  assertSound(publicKey)
  if (!isPrivate) return { material: publicKey, algorithms: fitting }
  const names = [...members.public, ...members.private]
  // Its public half is readable: newer releases of Node.js check themselves whether the two match.
  const privateKey = importPart(jwk, names, createPrivateKey, UNPAIRED)
  assertPair(privateKey, publicKey)
  return { material: privateKey, algorithms: fitting }
}

/** @throws KeyError with all reasons where the key is usable with no algorithm */
function filterFit(algorithms: readonly Algorithm[], material: KeyObject): readonly Algorithm[] {
  const reasons = new Set<string>()
  const several = algorithms.length > 1
  const fitting = algorithms.filter((alg) => {
    try {
      assertFitFor(alg, material)
      return true
    } catch (error) {
      if (!(error instanceof KeyError)) throw error
      // All algorithms of a family have the same expectation.
      reasons.add(several ? error.message.replace(` for ${alg}`, '') : error.message)
      return false
    }
  })
  if (fitting.length === 0) throw new KeyError([...reasons].join('; '))
  return fitting
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

/** Reads a member. RFC 7518 requires base64url without padding, but many servers write plain base64. */
function readMember(jwk: Jwk, name: string): string {
  const value = memberOf(jwk, name)
  if (value === undefined) throw new KeyError(`found a JWK of the kty ${jwk.kty} without ${name}`)
  if (name === 'crv' && typeof value === 'string') return value
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined
  if (bytes === undefined) throw new KeyError(`found a JWK whose ${name} is not base64url`)
  return bytes.toString('base64url')
}

/** Some servers write null, an empty text or an empty list for a missing member. */
function memberOf(jwk: Jwk, name: string): unknown {
  const value = jwk[name]
  const isEmpty = value === null || value === '' || (Array.isArray(value) && value.length === 0)
  return isEmpty ? undefined : value
}

/** The algorithms that a JWK may be used with by its own members (RFC 7517, sections 4.2 to 4.4). */
function filterMeant(
  algorithms: readonly Algorithm[],
  jwk: Jwk,
  operation: 'sign' | 'verify'
): readonly Algorithm[] {
  const [ownAlg, use, operations] = ['alg', 'use', 'key_ops'].map((name) => memberOf(jwk, name))
  const meant = algorithms.filter((alg) => ownAlg === undefined || isNamed(alg, ownAlg))
  if (meant.length === 0) {
    throw new KeyError(
      `found a JWK with the alg ${quote(ownAlg)}, expected ${algorithms.join(' or ')}`
    )
  }
  if (use !== undefined && use !== 'sig') {
    throw new KeyError(`found a JWK with the use ${quote(use)}, expected sig`)
  }
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes(operation))) {
    throw new KeyError(`found a JWK whose key_ops do not allow it to ${operation}`)
  }
  return meant
}

function isJwk(value: unknown): value is Jwk {
  return (
    typeof value === 'object' && value !== null && 'kty' in value && typeof value.kty === 'string'
  )
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new KeyError('found text that is not JSON, expected a JWK or a JWK Set')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new KeyError('found JSON that is not an object, expected a JWK or a JWK Set')
  }
  return value as Record<string, unknown>
}

/** Quotes a value of a JWK for a message. The set may come from another server, so the text is cut and its line ends are escaped. */
function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : '(no text)'
}
