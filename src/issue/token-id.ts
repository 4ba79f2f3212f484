/** Ids of tokens. */
import { randomBytes } from 'node:crypto'

/** As many as leave no chance that two tokens share an id (RFC 7519, section 4.1.7). */
const BYTES = 16

/** A new `jti`, in base64url. */
export function createTokenId(): string {
  return randomBytes(BYTES).toString('base64url')
}
