/** The rules in a certificate's extensions that Node.js does not show (RFC 5280, section 4.2). */
import type { X509Certificate } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  BasicConstraints,
  Certificate,
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_cRLDistributionPoints,
  id_ce_extKeyUsage,
  id_ce_inhibitAnyPolicy,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_policyConstraints,
  id_ce_policyMappings,
  id_ce_subjectAltName
} from '@peculiar/asn1-x509'

export interface CertificateRules {
  /** How many more authorities may be below this one. */
  readonly pathLength: number
  /** Whether it has a critical rule that is not checked here: such a certificate must not be used (RFC 5280, section 4.2). */
  readonly hasUnknownRule: boolean
}

/** Rules that are checked here or by Node.js; and policies and revocation lists, which OpenSSL checks only on request, as well. */
const KNOWN: ReadonlySet<string> = new Set([
  id_ce_basicConstraints,
  id_ce_keyUsage,
  id_ce_extKeyUsage,
  id_ce_subjectAltName,
  id_ce_certificatePolicies,
  id_ce_policyMappings,
  id_ce_policyConstraints,
  id_ce_inhibitAnyPolicy,
  id_ce_cRLDistributionPoints
])

/** @returns undefined for a certificate that cannot be parsed */
export function readRules({ raw }: X509Certificate): CertificateRules | undefined {
  try {
    const { extensions = [] } = AsnConvert.parse(raw, Certificate).tbsCertificate
    const limits = extensions
      .filter(({ extnID }) => extnID === id_ce_basicConstraints)
      .map(({ extnValue }) => AsnConvert.parse(extnValue, BasicConstraints).pathLenConstraint)
    return {
      pathLength: Math.min(...limits.map((limit = Number.POSITIVE_INFINITY) => limit)),
      hasUnknownRule: extensions.some(
        ({ extnID, critical }) =>
          extnID === id_ce_nameConstraints || (critical && !KNOWN.has(extnID))
      )
    }
  } catch {
    return undefined
  }
}
