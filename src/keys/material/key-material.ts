/** Parses the texts of a configuration's keys into KeyObjects, or rejects them. */
import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { isJson, isPem } from '../../settings/clean-text.ts'
import { adviseFile } from '../../settings/file-names.ts'
import { decodeBase64, isJwkText, keyTextOf, unwrapKeyText } from '../../settings/key-text.ts'
import type { Algorithm } from '../key.ts'
import { KeyError } from '../key-error.ts'
import { assertFitFor, assertPair } from './fitness.ts'
import { importFromSet, parseJwks } from './jwk.ts'
import { parsePrivatePem, parsePublicPem } from './pem.ts'
import { assertSound } from './sound.ts'

export interface KeyMaterial {
  /** Usable with the algorithm that it was parsed for. */
  readonly material: KeyObject
  /** The kid in the material itself, for a JWK. */
  readonly kid?: string | undefined
}

/** How a shared secret is written. */
export const SECRET_ENCODINGS = ['text', 'base64', 'hex'] as const
export type SecretEncoding = (typeof SECRET_ENCODINGS)[number]

/**
 * Parses a text as a shared secret: its UTF-8 bytes, or the bytes that it encodes.
 * @throws KeyError when it is too short, or is not meant to be a secret at all
 */
export function parseSecret(
  text: string,
  alg: Algorithm,
  encoding: SecretEncoding = 'text'
): KeyMaterial {
  // Anyone knows a public key: accepted as a secret, it would let anyone sign (RFC 8725, section 2.1).
  const meant = unwrapKeyText(text)
  if (isPem(meant)) {
    throw new KeyError('found a PEM text, expected a shared secret; a key pair goes under private')
  }
  if (OPENSSH.test(meant)) {
    throw new KeyError('found a public key of OpenSSH, expected a shared secret')
  }
  if (isJwkText(meant)) {
    throw new KeyError('found a JWK, expected a shared secret; a JWK Set in a file goes under jwks')
  }
  if (text.includes('\uFFFD')) {
    throw new KeyError(
      'found bytes that are not UTF-8, expected text; raw bytes are written in base64, with encoding: base64'
    )
  }
  const bytes = decodeSecret(text, encoding)
  if (keyTextOf(bytes) !== undefined) {
    throw new KeyError(`found a key in ${encoding}, expected a shared secret`)
  }
  const material = createSecretKey(bytes)
  assertFitFor(alg, material)
  return { material }
}

const OPENSSH = /^(?:ssh-|ecdsa-sha2-)\S+ AAAA/

function decodeSecret(text: string, encoding: SecretEncoding): Buffer {
  if (encoding === 'text') return Buffer.from(text, 'utf8')
  const bytes = encoding === 'hex' ? decodeHex(text) : decodeBase64(text)
  if (bytes === undefined) {
    throw new KeyError(`found text that is not ${encoding}, expected a secret in ${encoding}`)
  }
  return bytes
}

/** In lines or in one, as {@link decodeBase64}. */
function decodeHex(text: string): Buffer | undefined {
  const digits = text.replaceAll(/\s/g, '')
  return /^(?:[\da-f]{2})+$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined
}

/**
 * Parses a private key: PEM (PKCS#8, PKCS#1, SEC1, each may be encrypted), a JWK, or a JWK Set.
 * @param kid chooses in a JWK Set
 * @throws KeyError
 */
export function parsePrivateKey(
  text: string,
  alg: Algorithm,
  passphrase?: string,
  kid?: string
): KeyMaterial {
  const meant = unwrapKeyText(text)
  if (!isPem(meant) || isJson(meant)) return parseJwkOf('private', meant, alg, kid)
  const material = parsePrivatePem(meant, passphrase)
  assertFitFor(alg, material)
  const publicKey = createPublicKey(material)
  assertSound(publicKey)
  assertPair(material, publicKey)
  return { material }
}

/**
 * Parses a public key: PEM (SubjectPublicKeyInfo, PKCS#1, an X.509 certificate), a JWK, or a JWK Set.
 * @param kid chooses in a JWK Set
 * @throws KeyError, for a private key too: verifying does not need one
 */
export function parsePublicKey(text: string, alg: Algorithm, kid?: string): KeyMaterial {
  const meant = unwrapKeyText(text)
  if (!isPem(meant) || isJson(meant)) return parseJwkOf('public', meant, alg, kid)
  const material = parsePublicPem(meant)
  assertFitFor(alg, material)
  assertSound(material)
  return { material }
}

/**
 * Chooses a key of a JWK Set, or takes a JWK by itself: secret, private or public, whichever it is.
 * @param kid may only be left out where one key of the set is usable
 * @throws KeyError
 */
export function parseKeyOfSet(text: string, alg: Algorithm, kid?: string): KeyMaterial {
  const advice = adviseFile(text)
  if (advice !== '') throw new KeyError(`found no JSON, expected a JWK or a JWK Set${advice}`)
  const { jwks, isSet } = parseJwks(unwrapKeyText(text))
  return importFromSet(jwks, alg, isSet ? kid : undefined)
}

function parseJwkOf(
  type: 'private' | 'public',
  text: string,
  alg: Algorithm,
  kid: string | undefined
): KeyMaterial {
  if (!isJson(text)) {
    throw new KeyError(`found neither PEM nor a JWK, expected a ${type} key${adviseFile(text)}`)
  }
  const { jwks, isSet } = parseJwks(text)
  const chosen = importFromSet(jwks, alg, isSet ? kid : undefined)
  const { type: found } = chosen.material
  if (found !== type) throw new KeyError(`found a ${found} key in a JWK, expected a ${type} one`)
  return chosen
}
