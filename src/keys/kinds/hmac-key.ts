/** Symmetric keys: HMAC with SHA-2 (RFC 7518, section 3.2). */
import { createHmac, timingSafeEqual } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { invalidToken } from '../../errors.ts'
import type { Key, KeyOptions, SignPayload } from '../key.ts'
import type { Token, VerifiedClaims } from '../token.ts'
import { createJwsHeader } from './jws-header.ts'

/**
 * Makes a key out of a shared secret. jsonwebtoken signs, with a KeyObject: it would parse any other form on each call.
 * Verifying compares the HMAC in constant time, and no more: the token has been taken apart and its algorithm judged already,
 * and jsonwebtoken would do both again at several times the cost.
 */
export function createHmacKey({ alg, material, kid, typ }: KeyOptions): Key {
  const hash = `sha${alg.slice(2)}`

  function createSign(typ: string | undefined): SignPayload {
    const signOptions: jwt.SignOptions = {
      algorithm: alg as jwt.Algorithm,
      header: createJwsHeader(alg, typ, kid)
    }
    return function signWithHmac(payload) {
      return jwt.sign(payload, material, signOptions)
    }
  }

  return {
    kid,
    alg,
    sign: createSign(typ),
    signAs: createSign,
    verify: function verifyWithHmac({ raw, signatureBytes, payload }: Token): VerifiedClaims {
      const input = raw.slice(0, raw.lastIndexOf('.'))
      const expected = createHmac(hash, material).update(input).digest()
      if (signatureBytes.length !== expected.length || !timingSafeEqual(signatureBytes, expected)) {
        throw invalidToken('signature is invalid', 'signature')
      }
      return payload
    },
    publicJwk: undefined,
    publicPem: undefined
  }
}
