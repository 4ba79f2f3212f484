/** The source `certificate`: the trust level of a client, by the certificate of its connection. */
import * as z from 'zod'
import type { JsonText } from '../../../json/json-text.ts'
import { integer } from '../../../settings/quantities.ts'
import { section } from '../../../settings/section.ts'
import type { Source } from '../../issue.ts'
import { createNameMatcher } from '../../name-patterns.ts'
import { foreignClaimName } from '../claim-name.ts'
import { NO_NAMES, type SourceContext, type SourceKind } from '../source-kind.ts'
import type { ClientCertificate } from './client-certificate.ts'

const MOST = 1_000_000

const certificateSchema = section({
  from: z
    .literal('certificate', 'expected certificate')
    .describe(
      'A number for how far the client is trusted, by the client certificate of its connection. The listener of the route has to ask for a certificate (`tls.clientCertificate`).'
    ),
  claim: foreignClaimName
    .default('trust')
    .describe('The claim that has the number. Default: trust.'),
  levels: section({
    none: level(0).describe('No certificate. Default: 0.'),
    untrusted: level(0).describe(
      'A certificate that does not come from an authority of the listener, or that is not valid yet. Default: 0.'
    ),
    expiredUntrusted: level(0).describe(
      'An expired certificate that does not come from an authority of the listener. Default: 0.'
    ),
    expiredTrusted: level(500).describe(
      'An expired certificate of an authority of the listener. Default: 500.'
    ),
    trusted: level(1000).describe(
      'A certificate of an authority of the listener, valid now. Default: 1000.'
    ),
    untrustedCertIssuerCN: level(0).describe(
      'A certificate of an authority of the listener, expired or not, with an issuer of `untrustedIssuers`. Default: 0.'
    )
  })
    .prefault({})
    .describe('The number for each case.'),
  untrustedIssuers: z
    .array(
      z.string('expected a common name').min(1, 'expected a common name'),
      'expected a list of common names'
    )
    .optional()
    .describe(
      'Common names (CN) of issuers in the chain of a certificate that are not to be trusted, even if a trusted authority signed them; `*` matches any characters. An incomplete chain counts as one with such an issuer: put the authorities between root and clients into `clientCa`. Default: none.'
    )
})

type CertificateConfig = z.output<typeof certificateSchema>

export const certificateKind = {
  from: 'certificate',
  settings: () => certificateSchema,
  create: createCertificateSource,
  inputs: () => [],
  names: () => NO_NAMES,
  addresses: () => [],
  setsSubject: () => false,
  sendsBody: () => false
} satisfies SourceKind<CertificateConfig>

/** Every token has the claim, with or without a client certificate. */
function createCertificateSource(
  { claim, levels, untrustedIssuers }: CertificateConfig,
  { now }: Pick<SourceContext, 'now'>
): Source {
  const isUntrustedIssuer =
    untrustedIssuers === undefined ? undefined : createNameMatcher(untrustedIssuers)

  function grade(certificate: ClientCertificate | undefined): number {
    if (certificate === undefined) return levels.none
    const { isTrusted, expiresAt, issuers, areIssuersKnown } = certificate
    // Connections may outlive their certificates.
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

function level(fallback: number) {
  return integer(0, MOST).prefault(fallback)
}
