/** Symmetric keys: HMAC with SHA-2 (RFC 7518, section 3.2). */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { invalidToken } from '../../errors.ts'
import { createJwsHeader, type Key, type KeyOptions, type SignPayload } from '../key.ts'
import type { Token, VerifiedClaims } from '../token.ts'

/**
 * Makes a key from a shared secret. node:crypto signs and verifies, without jsonwebtoken, which would take payload and token apart
 * at several times the cost of the HMAC. Verifying compares in constant time, and no more: the token and its algorithm have been
 * checked already.
 */
export function createHmacKey({ alg, material, kid, typ }: KeyOptions): Key {
  const hash = `sha${alg.slice(2)}`

  function createSign(typ: string | undefined): SignPayload {
    const header = JSON.stringify(createJwsHeader(alg, typ, kid))
    const start = `${Buffer.from(header).toString('base64url')}.`
    return function signWithHmac(payload) {
      const input = start + Buffer.from(payload).toString('base64url')
      return `${input}.${createHmac(hash, material).update(input).digest('base64url')}`
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
