/** Symmetric keys: HMAC with SHA-2 (RFC 7518, section 3.2). */
import { createSecretKey } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { Token, VerifiedClaims } from '../check/token.ts'
import { invalidToken } from '../errors.ts'
import type { Algorithm, Key } from './key.ts'

interface HmacKeyOptions {
  alg: Algorithm
  secret: string
  kid?: string | undefined
  /** The `typ` of the tokens it signs. Default `JWT` (RFC 7519, section 5.1). */
  typ?: string
}

/** Makes a key out of a shared secret. The secret is parsed here, once: jsonwebtoken would do it again on each call. */
export function createHmacKey({ alg, secret, kid, typ = 'JWT' }: HmacKeyOptions): Key {
  const key = createSecretKey(secret, 'utf8')
  const signOptions: jwt.SignOptions = {
    algorithm: alg,
    header: { alg, typ, ...(kid !== undefined && { kid }) }
  }
  const verifyOptions: jwt.VerifyOptions = {
    algorithms: [alg],
    ignoreExpiration: true,
    ignoreNotBefore: true
  }

  return {
    kid,
    alg,
    sign: function signWithHmac(payload: string): string {
      return jwt.sign(payload, key, signOptions)
    },
    verify: function verifyWithHmac(token: Token): VerifiedClaims {
      try {
        return jwt.verify(token.raw, key, verifyOptions) as VerifiedClaims
      } catch (error) {
        throw invalidToken('signature is invalid', 'signature', error)
      }
    }
  }
}
