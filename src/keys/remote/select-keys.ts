/** Selects the usable keys of a foreign JWK Set. */
import { isNamed } from '../algorithms.ts'
import type { Algorithm, Key } from '../key.ts'
import { KeyError } from '../key-error.ts'
import { createKey } from '../kinds/create-key.ts'
import { importJwkFor, type Jwk, kidOf, withKid } from '../material/jwk.ts'

export interface KeyChoice {
  /** The one key to select. Default: all. */
  readonly kid?: string | undefined
  /** The algorithms that keys may have. A JWK without `alg` gets each of these that it is usable with, and the `alg` of a token chooses among them. */
  readonly algorithms: readonly Algorithm[]
  /** Whether a JWK that is usable with several algorithms is rejected without an `alg` (RFC 8725, section 3.1). Default false. */
  readonly requireAlg?: boolean | undefined
  /** The `typ` of the tokens that they sign. */
  readonly typ?: string | undefined
}

export interface SelectedKeys {
  /** One for each algorithm of each JWK. */
  readonly keys: readonly Key[]
  /** How many JWKs they are made of. */
  readonly usable: number
  /** Why a selected JWK is not among the keys: one text for each. */
  readonly rejections: readonly string[]
}

/** Makes keys from the selected and usable JWKs. The others are left out, as RFC 7517, section 5, advises. */
export function selectKeys(jwks: readonly Jwk[], choice: KeyChoice): SelectedKeys {
  const keys: Key[] = []
  const rejections: string[] = []
  let usable = 0
  for (const jwk of withKid(jwks, choice.kid)) {
    try {
      keys.push(...createKeys(jwk, choice))
      usable++
    } catch (error) {
      // Other errors may quote the material, and none may end the process: the set comes from another server.
      const reason = error instanceof KeyError ? error.message : 'found a JWK that cannot be read'
      rejections.push(`keys[${jwks.indexOf(jwk)}]: ${reason}`)
    }
  }
  return { keys, usable, rejections }
}

/** @throws KeyError for a JWK that cannot be used */
function createKeys(jwk: Jwk, choice: KeyChoice): readonly Key[] {
  const { material, algorithms } = importJwkFor(jwk, distinct(choice.algorithms))
  if (choice.requireAlg === true && algorithms.length > 1) {
    throw new KeyError(`found a JWK without alg that fits ${algorithms.join(' and ')}`)
  }
  const kid = kidOf(jwk) ?? choice.kid
  return algorithms.map((alg) => createKey({ alg, material, kid, typ: choice.typ }))
}

/** Removes duplicates, also under another kid: the same signature would be verified twice. */
function distinct(algorithms: readonly Algorithm[]): readonly Algorithm[] {
  return algorithms.filter(
    (alg, index) => algorithms.findIndex((one) => isNamed(one, alg)) === index
  )
}
