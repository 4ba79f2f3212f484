/** The settings of a source that grades the certificates of clients. */
import * as z from 'zod'
import { integer } from '../../../settings/quantities.ts'
import { section } from '../../../settings/section.ts'
import { foreignClaimName } from '../claim-name.ts'

const MOST = 1_000_000

export const certificateSourceSchema = section({
  from: z
    .literal('certificate', 'expected certificate')
    .describe(
      'A number that says how far the client is to be trusted, by the certificate that it showed when it connected. The listener of the route asks for one (`tls.clientCertificate`).'
    ),
  claim: foreignClaimName
    .default('trust')
    .describe('The claim that has the number. Default: trust.'),
  levels: section({
    none: level(0).describe('No certificate. Default: 0.'),
    untrusted: level(0).describe(
      'A certificate that does not come from an authority of the listener, or that is not valid yet. Default: 0.'
    ),
    expiredUntrusted: level(0).describe('One that is over, too. Default: 0.'),
    expiredTrusted: level(500).describe(
      'A certificate that is over, and that was a trusted one until then. Default: 500.'
    ),
    trusted: level(1000).describe(
      'A certificate of an authority of the listener, valid now. Default: 1000.'
    ),
    untrustedCertIssuerCN: level(0).describe(
      'One of the two trusted ones, with an issuer of `untrustedIssuers`. Default: 0.'
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
      'Common names (CN) of issuers in the chain of a certificate that are not to be trusted, whoever vouches for them; `*` stands for any characters. A chain that is not wholly known counts as one of them: put the authorities between root and clients into `clientCa`. Default: none.'
    )
})

function level(fallback: number) {
  return integer(0, MOST).prefault(fallback)
}
