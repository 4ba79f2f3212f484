/** TLS of a listener, in the words of Node.js. */
import { constants } from 'node:crypto'
import type { TlsOptions } from 'node:tls'
import type { ListenerTlsConfig } from '../config/listener-tls.ts'

/**
 * What a server takes when it is made, and what `setSecureContext` takes of it later.
 *
 * Where clients are asked for a certificate, no session is resumed: Node.js calls a resumed session of TLS 1.3 authorized
 * although its first connection showed no certificate, and a certificate that is over, or whose authority is trusted no
 * longer, would live on in the tickets.
 */
export function createTlsServerOptions(tls: ListenerTlsConfig) {
  const { cert, key, clientCa, clientCertificate } = tls
  const asks = clientCertificate !== 'none'
  return {
    cert,
    key,
    minVersion: 'TLSv1.2',
    requestCert: asks,
    rejectUnauthorized: clientCertificate === 'require',
    ...(clientCa !== undefined && { ca: clientCa }),
    ...(asks && { secureOptions: constants.SSL_OP_NO_TICKET })
  } as const satisfies TlsOptions
}
