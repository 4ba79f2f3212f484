/** The texts that keys and certificates are written in: PEM, JWKs, DER, and what dashboards and files of environment variables make of them. */
import { createPublicKey } from 'node:crypto'
import { cleanText, isPem, readLineEnds } from './clean-text.ts'

/**
 * The text of a key or certificate. Some dashboards, and the Secrets of Kubernetes, hold it in base64, Java and Keycloak the DER alone, and files
 * of environment variables have quotes around it, and written-out line ends. No other form of a key can be mistaken for one of these.
 */
export function unwrapKeyText(text: string): string {
  const plain = unquote(text)
  for (const meant of [plain, readLineEnds(plain)]) {
    const bytes = decodeBase64(meant)
    const found = (bytes && keyTextOf(bytes)) ?? (isJwkText(meant) ? meant : undefined)
    if (found !== undefined) return found
  }
  return text
}

/** The text of a key from its bytes: PEM or JSON unchanged, and DER as PEM. */
export function keyTextOf(bytes: Buffer): string | undefined {
  const text = cleanText(bytes.toString('utf8'))
  return isPem(text) || isJwkText(text) ? text : toPemText(bytes)
}

const QUOTED = /^\s*(["'])(.*)\1\s*$/s

/** Without the quotes around it, whose escapes are those of JSON. */
function unquote(text: string): string {
  const [, , inner = text] = QUOTED.exec(text) ?? []
  return inner.replaceAll('\\"', '"')
}

const BASE64 = /^(?:[\w+/-]{4})*(?:[\w+/-]{4}|[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)$/

/**
 * Decodes base64url or base64, with or without padding (RFC 4648, sections 4 and 5), in lines or in one.
 * @returns undefined for other text: node:crypto would skip unknown characters, and read another key
 */
export function decodeBase64(text: string): Buffer | undefined {
  const digits = text.replaceAll(/\s/g, '')
  return BASE64.test(digits) ? Buffer.from(digits, 'base64') : undefined
}

/** Whether a text is a JWK or a JWK Set, however broken. */
export function isJwkText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    return 'kty' in value || 'keys' in value
  } catch {
    return false
  }
}

/** The kinds of DER, in the order in which they are tried. */
const DER_LABELS = [
  'PUBLIC KEY',
  'CERTIFICATE',
  'PRIVATE KEY',
  'RSA PUBLIC KEY',
  'RSA PRIVATE KEY',
  'EC PRIVATE KEY'
] as const
/** SEQUENCE, which all of them begin with (X.690, section 8.9). */
const SEQUENCE = 0x30

/** Writes the DER of a key or certificate as PEM. Undefined for other bytes. */
export function toPemText(der: Buffer): string | undefined {
  if (der[0] !== SEQUENCE) return undefined
  const body = der.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()
  return DER_LABELS.map(
    (label) => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
  ).find((text) => {
    try {
      createPublicKey({ key: text, format: 'pem' })
      return true
    } catch {
      return false
    }
  })
}
