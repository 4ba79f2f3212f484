/** The parameters of each JWS algorithm, in one table. */
import { ALGORITHMS, type Algorithm } from './key.ts'

type Hash = 'sha256' | 'sha384' | 'sha512'

/** HMAC with SHA-2 (RFC 7518, section 3.2). */
interface HmacAlgorithm {
  readonly family: 'HMAC'
  /** A secret may not be shorter than the output of the hash. */
  readonly leastSecretBytes: number
}

/** RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 7518, sections 3.3 and 3.5). */
export interface RsaAlgorithm {
  readonly family: 'RSA'
  readonly hash: Hash
  readonly padding: 'PKCS1' | 'PSS'
}

/** ECDSA, each hash with a curve of its own (RFC 7518, section 3.4). */
export interface EcdsaAlgorithm {
  readonly family: 'EC'
  readonly hash: Hash
  readonly curve: 'P-256' | 'P-384' | 'P-521'
}

/** EdDSA (RFC 8037, section 3.1) with the curve Ed25519 alone, which RFC 9864 names Ed25519. */
interface EddsaAlgorithm {
  readonly family: 'Ed25519'
}

type AlgorithmDetails = HmacAlgorithm | RsaAlgorithm | EcdsaAlgorithm | EddsaAlgorithm

const DETAILS: Readonly<Record<Algorithm, AlgorithmDetails>> = {
  HS256: { family: 'HMAC', leastSecretBytes: 32 },
  HS384: { family: 'HMAC', leastSecretBytes: 48 },
  HS512: { family: 'HMAC', leastSecretBytes: 64 },
  RS256: { family: 'RSA', hash: 'sha256', padding: 'PKCS1' },
  RS384: { family: 'RSA', hash: 'sha384', padding: 'PKCS1' },
  RS512: { family: 'RSA', hash: 'sha512', padding: 'PKCS1' },
  PS256: { family: 'RSA', hash: 'sha256', padding: 'PSS' },
  PS384: { family: 'RSA', hash: 'sha384', padding: 'PSS' },
  PS512: { family: 'RSA', hash: 'sha512', padding: 'PSS' },
  ES256: { family: 'EC', hash: 'sha256', curve: 'P-256' },
  ES384: { family: 'EC', hash: 'sha384', curve: 'P-384' },
  ES512: { family: 'EC', hash: 'sha512', curve: 'P-521' },
  EdDSA: { family: 'Ed25519' },
  Ed25519: { family: 'Ed25519' }
}

/** The two names of one algorithm, since EdDSA is used with the curve Ed25519 alone (RFC 9864, section 2.2, which deprecates the first). */
const ED25519_NAMES: readonly Algorithm[] = ['EdDSA', 'Ed25519']

/** Names that other systems have for an algorithm. */
const OTHER_NAMES = { RSA256: 'RS256', RSA512: 'RS512' } as const

/** Every name that {@link parseAlgorithm} accepts. */
export const ALGORITHM_NAMES = [...ALGORITHMS, 'RSA256', 'RSA512'] as const

/** Reads the name of an algorithm, the registered one or another system's. */
export function parseAlgorithm(name: (typeof ALGORITHM_NAMES)[number]): Algorithm {
  return name === 'RSA256' || name === 'RSA512' ? OTHER_NAMES[name] : name
}

/** The parameters of an algorithm. */
export function algorithmDetails(alg: Algorithm): AlgorithmDetails {
  return DETAILS[alg]
}

/** The names that tokens and JWKs may have for an algorithm: one, except for Ed25519. */
export function namesOf(alg: Algorithm): readonly Algorithm[] {
  return ED25519_NAMES.includes(alg) ? ED25519_NAMES : [alg]
}

/** Whether the `alg` of a token or of a JWK names an algorithm. */
export function isNamed(alg: Algorithm, name: unknown): boolean {
  return namesOf(alg).some((one) => one === name)
}

/** Whether verifiers hold the secret that signs. Such a key has no public half. */
export function isSymmetric(alg: Algorithm): boolean {
  return DETAILS[alg].family === 'HMAC'
}
