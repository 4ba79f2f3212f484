/** Settings that are certificates and their keys. What is none is told at the start: each connection would fail of it. */
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { createTlsOptions } from '../remote/tls-options.ts'
import { material } from './fields.ts'
import type { SecretReader } from './secrets.ts'

/** Certificates of authorities to trust. */
export function authorities(reader: SecretReader) {
  return material(reader).refine((ca) => isTaken(() => createTlsOptions({ ca })), {
    error: 'expected PEM certificates'
  })
}

/** A certificate to show, and those between it and its authority. */
export function certificateChain(reader: SecretReader) {
  return material(reader).refine((cert) => isPair({ cert }), {
    error: 'expected PEM certificates'
  })
}

/** The key of a certificate to show. */
export function certificateKey(reader: SecretReader) {
  return material(reader).refine((key) => isPair({ key }), {
    error: 'expected a PEM private key without a passphrase'
  })
}

/** Whether OpenSSL takes them. Its words for what it does not take say nothing of use. */
export function isPair({ cert, key }: SecureContextOptions): boolean {
  return isTaken(() => createSecureContext({ cert, key }))
}

function isTaken(use: () => unknown): boolean {
  try {
    use()
    return true
  } catch {
    return false
  }
}
