/** Reads keys from PEM, a JWK or a JWK Set. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { ALGORITHMS, type Algorithm } from '../../keys/key.ts'
import { KeyError } from '../../keys/key-error.ts'
import { importJwk, type Jwk, kidOf, parseJwks } from '../../keys/material/jwk.ts'
import {
  type KeyMaterial,
  parsePrivateKey,
  parsePublicKey
} from '../../keys/material/key-material.ts'
import { parsePrivatePem, parsePublicPem } from '../../keys/material/pem.ts'
import { isJson, isPem } from '../../settings/clean-text.ts'
import { unwrapKeyText } from '../../settings/key-text.ts'

export interface FoundKey extends KeyMaterial {
  readonly alg: Algorithm
}

interface ReadKeysOptions {
  /** The algorithm on the command line. Every key must be usable with it. */
  readonly alg?: Algorithm | undefined
  /** Decrypts an encrypted PEM key. */
  readonly passphrase?: string | undefined
  /** The algorithms of keys that are usable with several and have no `alg`. Without one for its type, such a key is an error. */
  readonly assumed?: { readonly RSA?: Algorithm; readonly oct?: Algorithm }
}

/** The supported curves. Each has exactly one algorithm. */
const ALGORITHM_OF_CURVE: ReadonlyMap<unknown, Algorithm> = new Map([
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
  ['P-521', 'ES512'],
  ['Ed25519', 'EdDSA']
])

/**
 * Reads every key of a text, and checks that each is usable with its algorithm.
 * @throws KeyError
 */
export function readKeys(text: string, options: ReadKeysOptions): readonly FoundKey[] {
  const meant = unwrapKeyText(text)
  if (!isJson(meant)) {
    if (isPem(meant)) return [readPem(meant, options)]
    throw new KeyError('found neither PEM nor JSON, expected PEM, a JWK or a JWK Set')
  }
  return parseJwks(meant).jwks.map((jwk) => {
    const alg = options.alg ?? algorithmOf(jwk, options)
    return { alg, material: importJwk(jwk, alg), kid: kidOf(jwk) }
  })
}

function readPem(text: string, options: ReadKeysOptions): FoundKey {
  const { passphrase } = options
  const isPrivate = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)
  const read = isPrivate ? parsePrivatePem(text, passphrase) : parsePublicPem(text)
  const alg = options.alg ?? algorithmOf(exportMembers(read), options)
  const { material } = isPrivate
    ? parsePrivateKey(text, alg, passphrase)
    : parsePublicKey(text, alg)
  return { alg, material }
}

function exportMembers(material: KeyObject): Jwk {
  try {
    const publicKey = material.type === 'private' ? createPublicKey(material) : material
    return { ...publicKey.export({ format: 'jwk' }) }
  } catch {
    throw new KeyError(
      `found a key of the type ${material.asymmetricKeyType}, expected RSA, EC or Ed25519`
    )
  }
}

function algorithmOf({ alg, kty, crv }: Jwk, { assumed = {} }: ReadKeysOptions): Algorithm {
  if (alg !== undefined) {
    const known = ALGORITHMS.find((one) => one === alg)
    if (known !== undefined) return known
    throw new KeyError(`found a JWK with an unknown alg, expected one of ${ALGORITHMS.join(', ')}`)
  }
  const found = kty === 'RSA' || kty === 'oct' ? assumed[kty] : ALGORITHM_OF_CURVE.get(crv)
  if (found !== undefined) return found
  if (kty === 'EC' || kty === 'OKP') {
    throw new KeyError(
      'found a key on an unsupported curve, expected P-256, P-384, P-521 or Ed25519'
    )
  }
  throw new KeyError('found a key that fits several algorithms, expected --alg to name one')
}
