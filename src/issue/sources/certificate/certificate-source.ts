/** How far a client is to be trusted, by the certificate that it showed when it connected. */

import type { JsonText } from '../../../json/json-text.ts'
import type { Source } from '../../issue.ts'
import type { ClientCertificate } from './client-certificate.ts'

/** What the claim says, by what was shown. */
interface TrustLevels {
  /** No certificate. */
  readonly none: number
  readonly untrusted: number
  readonly expiredUntrusted: number
  readonly expiredTrusted: number
  readonly trusted: number
  /** In place of the two for trusted ones, where an issuer is not to be trusted. */
  readonly untrustedCertIssuerCN: number
}

export interface CertificateSourceOptions {
  readonly claim: string
  readonly levels: TrustLevels
  /** Whether the issuer of this common name is not to be trusted, whoever vouches for it. All are when left out. */
  readonly isUntrustedIssuer?: ((name: string) => boolean) | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/** The claim is there for every client, whatever it showed. */
export function createCertificateSource({
  claim,
  levels,
  isUntrustedIssuer,
  now
}: CertificateSourceOptions): Source {
  function grade(certificate: ClientCertificate | undefined): number {
    if (certificate === undefined) return levels.none
    const { isTrusted, expiresAt, issuers, areIssuersKnown } = certificate
    // Connections may last longer than the certificates that they began with.
    const isExpired = now() > expiresAt
    if (!isTrusted) return isExpired ? levels.expiredUntrusted : levels.untrusted
    if (isUntrustedIssuer !== undefined) {
      // One that is not known may be one of those.
      const isDoubtful = !areIssuersKnown || issuers.some(isUntrustedIssuer)
      if (isDoubtful) return levels.untrustedCertIssuerCN
    }
    return isExpired ? levels.expiredTrusted : levels.trusted
  }

  return function certificateSource(request) {
    return new Map([[claim, String(grade(request.certificate())) as JsonText]])
  }
}
