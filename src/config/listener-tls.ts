/** TLS of a listener, and what it asks of its clients. */
import * as z from 'zod'
import type { SecretReader } from '../settings/secrets.ts'
import { section } from '../settings/section.ts'
import { authorities, certificateChain, certificateKey, isPair } from '../settings/tls.ts'

export type ListenerTlsConfig = z.output<ReturnType<typeof listenerTlsSchema>>

const CLIENT_CERTIFICATE = ['none', 'request', 'require'] as const

export function listenerTlsSchema(reader: SecretReader) {
  return section({
    cert: certificateChain(reader).describe(
      'PEM certificate of the listener, and after it those between it and its authority. A change is taken over without a restart.'
    ),
    key: certificateKey(reader).describe('PEM private key of `cert`.'),
    clientCa: authorities(reader)
      .optional()
      .describe(
        'PEM certificates of the authorities that the certificates of clients come from, each up to its root. Default: none.'
      ),
    clientCertificate: z
      .enum(CLIENT_CERTIFICATE, `expected ${CLIENT_CERTIFICATE.join(', ')}`)
      .default('none')
      .describe(
        'Whether clients are asked for a certificate. `request` asks and takes every connection; what was shown, a `certificate` source grades. `require` takes no connection without a certificate of `clientCa` that is valid now. Default: none.'
      )
  })
    .refine(isPair, {
      error: 'expected the key to be that of the cert',
      when: ({ issues }) => issues.length === 0
    })
    .refine(
      ({ clientCa, clientCertificate }) => clientCertificate === 'none' || clientCa !== undefined,
      {
        error: 'expected the authorities that certificates of clients come from',
        path: ['clientCa']
      }
    )
    .refine(
      ({ clientCa, clientCertificate }) => clientCertificate !== 'none' || clientCa === undefined,
      {
        error: 'only goes with clientCertificate: request or require',
        path: ['clientCa']
      }
    )
}
