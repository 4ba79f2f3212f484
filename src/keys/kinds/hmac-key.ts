/** Symmetric keys: HMAC with SHA-2 (RFC 7518, section 3.2). */
import jwt from 'jsonwebtoken'
import type { Key, KeyOptions } from '../key.ts'
import { createJwsHeader } from './jws-header.ts'
import { createJwtVerify } from './jwt-verify.ts'

/** Makes a key out of a shared secret. jsonwebtoken gets a KeyObject: it would parse any other form on each call. */
export function createHmacKey({ alg, material, kid, typ }: KeyOptions): Key {
  const signOptions: jwt.SignOptions = {
    algorithm: alg as jwt.Algorithm,
    header: createJwsHeader(alg, typ, kid)
  }

  return {
    kid,
    alg,
    sign: function signWithHmac(payload: string): string {
      return jwt.sign(payload, material, signOptions)
    },
    verify: createJwtVerify(alg, material),
    publicJwk: undefined,
    publicPem: undefined
  }
}
