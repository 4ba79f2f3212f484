/** RSA and EC keys: RSASSA-PKCS1-v1_5, RSASSA-PSS and ECDSA (RFC 7518, sections 3.3 to 3.5). */
import {
  constants,
  createPublicKey,
  type KeyObject,
  type SignKeyObjectInput,
  sign
} from 'node:crypto'
import { promisify } from 'node:util'
import jwt from 'jsonwebtoken'
import { invalidToken } from '../../errors.ts'
import type { EcdsaAlgorithm, RsaAlgorithm } from '../algorithms.ts'
import {
  type Algorithm,
  createJwsHeader,
  type JwsHeader,
  type Key,
  type KeyOptions,
  type SignPayload
} from '../key.ts'
import type { Token, VerifiedClaims } from '../token.ts'
import { toPublicJwk, toPublicPem } from './public-key.ts'

const signAsync = promisify(sign)

/** Makes a key from a private key, or from a public one, which only verifies. */
export function createAsymmetricKey(
  { alg, material, kid, typ }: KeyOptions,
  details: RsaAlgorithm | EcdsaAlgorithm
): Key {
  const publicKey = material.type === 'private' ? createPublicKey(material) : material
  const createSign = (typ: string | undefined) =>
    createThreadedSign(createJwsHeader(alg, typ, kid), material, details)

  return {
    kid,
    alg,
    ...(material.type === 'private' && { sign: createSign(typ), signAs: createSign }),
    verify: createJwtVerify(alg, publicKey),
    publicJwk: toPublicJwk(publicKey, alg, kid),
    publicPem: toPublicPem(publicKey)
  }
}

/**
 * An RSA signature takes a millisecond or more. With a callback, node:crypto makes it in the thread pool,
 * so that the requests beside it do not wait; jsonwebtoken would make it on the main thread.
 */
function createThreadedSign(
  header: JwsHeader,
  privateKey: KeyObject,
  details: RsaAlgorithm | EcdsaAlgorithm
): SignPayload {
  const encodedHeader = Buffer.from(JSON.stringify(header)).toString('base64url')
  const key = signatureInput(privateKey, details)

  return async function signInThreadPool(payload) {
    const input = `${encodedHeader}.${Buffer.from(payload).toString('base64url')}`
    const signature = await signAsync(details.hash, Buffer.from(input), key)
    return `${input}.${signature.toString('base64url')}`
  }
}

/** A key together with the choices that RFC 7518 makes for an algorithm and that node:crypto leaves open. */
function signatureInput(
  key: KeyObject,
  details: RsaAlgorithm | EcdsaAlgorithm
): SignKeyObjectInput {
  // The plain concatenation of R and S, not the DER that is usual elsewhere (RFC 7518, section 3.4).
  if (details.family === 'EC') return { key, dsaEncoding: 'ieee-p1363' }
  return details.padding === 'PKCS1'
    ? { key, padding: constants.RSA_PKCS1_PADDING }
    : {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST
      }
}

/** Makes the verification with jsonwebtoken, by a public key. */
function createJwtVerify(alg: Algorithm, key: KeyObject) {
  const options: jwt.VerifyOptions = {
    algorithms: [alg as jwt.Algorithm],
    ignoreExpiration: true,
    ignoreNotBefore: true
  }

  return function verifyWithJsonwebtoken(token: Token): VerifiedClaims {
    try {
      return jwt.verify(token.raw, key, options) as VerifiedClaims
    } catch (error) {
      throw invalidToken('signature is invalid', 'signature', error)
    }
  }
}
