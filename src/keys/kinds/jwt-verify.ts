/** Verification with jsonwebtoken: RSA, PSS and EC signatures. */
import type { KeyObject } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { invalidToken } from '../../errors.ts'
import type { Algorithm } from '../key.ts'
import type { Token, VerifiedClaims } from '../token.ts'

/** @param key the public key */
export function createJwtVerify(alg: Algorithm, key: KeyObject) {
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
