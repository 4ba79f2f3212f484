/** The `jti` claim (RFC 7519, section 4.1.7). */
import { randomBytes } from 'node:crypto'

const ID_BYTES = 16

/** 128 random bits, so that no two tokens ever share one; base64url, which needs no escaping in JSON. */
export function createTokenId(): string {
  return randomBytes(ID_BYTES).toString('base64url')
}
