/** Requests on a listener that asks its clients for a certificate can tell what was shown. */
import type { TLSSocket } from 'node:tls'
import {
  type ClientCertificateOptions,
  createClientCertificateReader
} from '../issue/sources/certificate/client-certificate.ts'
import type { AppMiddleware } from './request-state.ts'

/** Makes the step. The certificate is looked at only where a route asks for it. */
export function createCertificateStep(options: ClientCertificateOptions): AppMiddleware {
  const read = createClientCertificateReader(options)

  return function noteCertificate(context, next) {
    context.state.certificate = () => read(context.req.socket as TLSSocket)
    return next()
  }
}
