/** TLS of the calls to a remote. */

import { section } from './fields.ts'
import { authorities, certificateChain, certificateKey, isPair } from './pem.ts'
import type { SecretReader } from './secrets.ts'

export function remoteTlsSchema(reader: SecretReader) {
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
}
