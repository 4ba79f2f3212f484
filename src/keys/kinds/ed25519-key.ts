/** Ed25519 keys: EdDSA (RFC 8037, section 3.1), or Ed25519 by its newer name (RFC 9864, section 2.2), which jsonwebtoken does not know. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { invalidToken } from '../../errors.ts'
import { namesOf } from '../algorithms.ts'
import {
  createJwsHeader,
  type JwsHeader,
  type Key,
  type KeyOptions,
  type SignPayload
} from '../key.ts'
import type { Token, VerifiedClaims } from '../token.ts'
import { toPublicJwk, toPublicPem } from './public-key.ts'

/** Makes a key from a private key, or from a public one, which only verifies. */
export function createEd25519Key({ alg, material, kid, typ }: KeyOptions): Key {
  const publicKey = material.type === 'private' ? createPublicKey(material) : material
  const algorithms = [...namesOf(alg)]
  // Loaded by the first such key, since most services have none, and start faster without it.
  const jose = import('jose')
  const createSign = (typ: string | undefined) =>
    createJoseSign(jose, { ...createJwsHeader(alg, typ, kid) }, material)

  return {
    kid,
    alg,
    ...(material.type === 'private' && { sign: createSign(typ), signAs: createSign }),
    verify: async function verifyWithEd25519(token: Token): Promise<VerifiedClaims> {
      const { compactVerify } = await jose
      try {
        await compactVerify(token.raw, publicKey, { algorithms })
      } catch (error) {
        throw invalidToken('signature is invalid', 'signature', error)
      }
      return token.payload
    },
    publicJwk: toPublicJwk(publicKey, alg, kid),
    publicPem: toPublicPem(publicKey)
  }
}

function createJoseSign(
  jose: Promise<typeof import('jose')>,
  header: JwsHeader & Record<string, unknown>,
  privateKey: KeyObject
): SignPayload {
  return async function signWithEd25519(payload) {
    const { CompactSign } = await jose
    return new CompactSign(Buffer.from(payload)).setProtectedHeader(header).sign(privateKey)
  }
}
