/** Settings of TLS: certificates and their keys. They are checked at start, since with wrong ones each connection would fail. */
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { createTlsOptions } from '../remote/tls-options.ts'
import { adviseFile } from './file-names.ts'
import { unwrapKeyText } from './key-text.ts'
import { material, oncePerReader } from './secrets.ts'
import { section } from './section.ts'

/** TLS of the calls to a remote. */
export const remoteTlsSchema = oncePerReader(function remoteTlsSchema(reader) {
  return section({
    ca: authorities(reader)
      .optional()
      .describe('PEM certificates of the authorities to trust. Default: those of Node.js.'),
    cert: certificateChain(reader)
      .optional()
      .describe('PEM certificate chain to show to the remote. Default: none.'),
    key: certificateKey(reader).optional().describe('PEM private key of `cert`. Default: none.')
  })
    .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
      error: 'expected cert and key together'
    })
    .refine(isPair, {
      error: 'expected the key to be that of the cert',
      when: ({ issues }) => issues.length === 0
    })
})

/** The text of a certificate or a key, in every form that keys of tokens have. */
const keyText = oncePerReader((reader) => material(reader).transform(unwrapKeyText))

/** Certificates of authorities to trust. */
export const authorities = oncePerReader(function authorities(reader) {
  return keyText(reader).refine((ca) => isTaken(() => createTlsOptions({ ca })), {
    error: ({ input }) => `expected PEM certificates${adviseFile(String(input))}`
  })
})

/** A client certificate, with its intermediate certificates. */
export const certificateChain = oncePerReader(function certificateChain(reader) {
  return keyText(reader).refine((cert) => isPair({ cert }), {
    error: ({ input }) => `expected PEM certificates${adviseFile(String(input))}`
  })
})

/** The key of a client certificate. */
export const certificateKey = oncePerReader(function certificateKey(reader) {
  return keyText(reader).refine((key) => isPair({ key }), {
    error: ({ input }) =>
      `expected a PEM private key without a passphrase${adviseFile(String(input))}`
  })
})

/** Whether OpenSSL accepts them. Its errors do not help the author of a configuration. */
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
