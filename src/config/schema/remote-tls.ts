/** TLS of the calls to a remote. What is no certificate or key is told at the start: each call would fail of it. */
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { createTlsOptions } from '../../remote/tls-options.ts'
import type { SecretReader } from '../secrets.ts'
import { material, section } from './fields.ts'

export function remoteTlsSchema(reader: SecretReader) {
  return section({
    ca: material(reader)
      .refine((ca) => isTaken(() => createTlsOptions({ ca })), {
        error: 'expected PEM certificates'
      })
      .optional()
      .describe('PEM certificates of the authorities to trust. Default: those of Node.js.'),
    cert: material(reader)
      .refine((cert) => isPair({ cert }), { error: 'expected PEM certificates' })
      .optional()
      .describe('PEM certificate chain to show to the remote. Default: none.'),
    key: material(reader)
      .refine((key) => isPair({ key }), {
        error: 'expected a PEM private key without a passphrase'
      })
      .optional()
      .describe('PEM private key of `cert`. Default: none.')
  })
    .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
      error: 'expected cert and key together'
    })
    .refine(isPair, {
      error: 'expected the key to be that of the cert',
      when: ({ issues }) => issues.length === 0
    })
}

/** Whether OpenSSL takes them. Its words for what it does not take say nothing of use. */
function isPair({ cert, key }: SecureContextOptions): boolean {
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
