/** The texts of a configuration's keys become KeyObjects, or are rejected. */
import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import type { Algorithm } from '../key.ts'
import { KeyError } from '../key-error.ts'
import { assertFitFor, assertPair } from './fitness.ts'
import { findJwk, importJwk, isJwkText, type Jwk, parseJwk, parseJwkSet } from './jwk.ts'
import { isPem, parsePrivatePem, parsePublicPem } from './pem.ts'

export interface KeyMaterial {
  /** Fit for the algorithm that it was parsed for. */
  readonly material: KeyObject
  /** The name that the material gives itself: a JWK's. */
  readonly kid?: string | undefined
}

/**
 * Takes a text as a shared secret, its UTF-8 bytes as they are.
 * @throws KeyError when it is too short, or is not meant to be a secret at all
 */
export function parseSecret(text: string, alg: Algorithm): KeyMaterial {
  // Everyone knows a public key: taken for a secret, it would let everyone sign (RFC 8725, section 2.1).
  if (isPem(text)) {
    throw new KeyError('found a PEM text, expected a shared secret; a key pair goes under private')
  }
  if (isJwkText(text)) {
    throw new KeyError('found a JWK, expected a shared secret; a JWK Set in a file goes under jwks')
  }
  if (text.includes('\uFFFD')) {
    throw new KeyError(
      'found bytes that are not UTF-8, expected text; raw bytes go into a JWK Set under jwks'
    )
  }
  const material = createSecretKey(text, 'utf8')
  assertFitFor(alg, material)
  return { material }
}

/**
 * Parses a private key: PEM (PKCS#8, PKCS#1, SEC1, each may be encrypted) or a JWK.
 * @throws KeyError
 */
export function parsePrivateKey(text: string, alg: Algorithm, passphrase?: string): KeyMaterial {
  if (!isPem(text)) return parseJwkOf('private', text, alg)
  const material = parsePrivatePem(text, passphrase)
  assertFitFor(alg, material)
  assertPair(material, createPublicKey(material))
  return { material }
}

/**
 * Parses a public key: PEM (SubjectPublicKeyInfo, PKCS#1, an X.509 certificate) or a JWK.
 * @throws KeyError, for a private key too: verifying does not need one
 */
export function parsePublicKey(text: string, alg: Algorithm): KeyMaterial {
  if (!isPem(text)) return parseJwkOf('public', text, alg)
  const material = parsePublicPem(text)
  assertFitFor(alg, material)
  return { material }
}

/**
 * Chooses a key of a JWK Set: secret, private or public, whichever it is.
 * @param kid may only be left out where the set holds one key
 * @throws KeyError
 */
export function parseKeyOfSet(text: string, alg: Algorithm, kid?: string): KeyMaterial {
  return importWithKid(findJwk(parseJwkSet(text), kid), alg)
}

function parseJwkOf(type: 'private' | 'public', text: string, alg: Algorithm): KeyMaterial {
  if (!text.trimStart().startsWith('{')) {
    throw new KeyError(`found neither PEM nor a JWK, expected a ${type} key`)
  }
  const jwk = parseJwk(text)
  const found = jwk.kty === 'oct' ? 'secret' : jwk.d === undefined ? 'public' : 'private'
  if (found !== type) throw new KeyError(`found a ${found} key in a JWK, expected a ${type} one`)
  return importWithKid(jwk, alg)
}

function importWithKid(jwk: Jwk, alg: Algorithm): KeyMaterial {
  const material = importJwk(jwk, alg)
  return { material, kid: typeof jwk.kid === 'string' ? jwk.kid : undefined }
}
