/** Which keys of a JWK Set that is not our own can be used here. */
import type { Algorithm, Key } from '../key.ts'
import { KeyError } from '../key-error.ts'
import { createKey } from '../kinds/create-key.ts'
import { importJwk, type Jwk } from '../material/jwk.ts'

export interface KeyChoice {
  /** The one key that is wanted. All are when left out. */
  readonly kid?: string | undefined
  /** The algorithms that keys may have. A JWK that names none gets the only one of these that it fits (RFC 8725, section 3.1). */
  readonly algorithms: readonly Algorithm[]
  /** Whether a JWK that names no algorithm is rejected instead. Default false. */
  readonly requireAlg?: boolean | undefined
  /** The `typ` of the tokens that they sign. */
  readonly typ?: string | undefined
}

export interface SelectedKeys {
  readonly keys: readonly Key[]
  /** Why a wanted JWK is not among the keys: one text for each. */
  readonly rejections: readonly string[]
}

/** Makes keys of those that are wanted and fit. The others are left out, as RFC 7517, section 5, advises. */
export function selectKeys(jwks: readonly Jwk[], choice: KeyChoice): SelectedKeys {
  const keys: Key[] = []
  const rejections: string[] = []
  for (const [index, jwk] of jwks.entries()) {
    if (choice.kid !== undefined && jwk.kid !== choice.kid) continue
    const found = importForOnly(jwk, choice)
    if (typeof found === 'string') rejections.push(`keys[${index}]: ${found}`)
    else keys.push(found)
  }
  return { keys, rejections }
}

/** @returns the key, or why it is none */
function importForOnly(jwk: Jwk, { algorithms, requireAlg, typ }: KeyChoice): Key | string {
  if (requireAlg === true && jwk.alg === undefined) return 'found a JWK without alg'
  const kid = typeof jwk.kid === 'string' ? jwk.kid : undefined
  const fitting: Key[] = []
  const reasons = new Set<string>()
  for (const alg of algorithms) {
    try {
      fitting.push(createKey({ alg, material: importJwk(jwk, alg), kid, typ }))
    } catch (error) {
      // Other errors may quote the material, and none may end the process: the set comes from another server.
      reasons.add(error instanceof KeyError ? error.message : 'found a JWK that cannot be read')
    }
    // To read a private key takes milliseconds, and a third algorithm changes nothing.
    if (fitting.length > 1) break
  }
  const [key, another] = fitting
  if (key === undefined) return [...reasons].join('; ')
  if (another === undefined) return key
  const names = fitting.map(({ alg }) => alg).join(' and ')
  return `found a JWK without alg that fits ${names}, expected one that fits a single algorithm`
}
