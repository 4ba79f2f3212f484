/** Signs tokens with a key source, and checks them, as the service does. */
import { invalidToken } from '../../src/errors.ts'
import type { KeySource } from '../../src/keys/key-source.ts'
import { createKeyStore } from '../../src/keys/key-store.ts'
import { parseToken, type VerifiedClaims } from '../../src/keys/token.ts'

export async function signToken(source: KeySource, now: number, claims = {}): Promise<string> {
  return createKeyStore([source], () => now).signer()(JSON.stringify(claims))
}

/** @throws ServiceError `invalid_token` */
export async function verifyToken(
  source: KeySource,
  now: number,
  raw: string
): Promise<VerifiedClaims> {
  const token = parseToken(raw, 8)
  const store = createKeyStore([source], () => now)
  if (token.header.kid !== undefined && store.candidates(token.header).length === 0) {
    await store.refreshForKid(token.header.kid)
  }
  const [key] = store.candidates(token.header)
  if (key === undefined) throw invalidToken('no key has this kid', 'key')
  return key.verify(token)
}
