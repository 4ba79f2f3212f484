/** Makes and reads tokens by hand, so that tests need not trust the code under test. */
import { createHmac } from 'node:crypto'

/** The secret that tests sign and check with. */
export const ENC_KEY = 'a secret of thirty-two characters or more'

export const HEADER = '{"alg":"HS256","typ":"JWT"}'

/** Claims of a token that is valid longer than any test runs. */
export const LASTING = '{"exp":9999999999}'

interface TokenOptions {
  header?: string
  secret?: string
  /** Hash of the HMAC. */
  hash?: string
}

/** A compact JWS (RFC 7515, section 7.1) over these texts, with an HMAC. */
export function makeToken(
  payload: string | Uint8Array,
  { header = HEADER, secret = ENC_KEY, hash = 'sha256' }: TokenOptions = {}
): string {
  return signParts(`${encode(header)}.${encode(payload)}`, secret, hash)
}

/** Signs an input that may be spelled in any way. */
export function signParts(input: string, secret = ENC_KEY, hash = 'sha256'): string {
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`
}

export function encode(data: string | Uint8Array): string {
  return Buffer.from(data as string).toString('base64url')
}

/** The texts of header and payload. */
export function readToken(token: string): { header: string; payload: string } {
  const [header = '', payload = ''] = token
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString())
  return { header, payload }
}
