/** TLS for outgoing calls: trusted certificates, and the required strength of connections. */
import { X509Certificate } from 'node:crypto'
import { getCiphers, type SecureVersion } from 'node:tls'
import { createPinnedIdentityCheck, type IdentityCheck } from './certificate-pins.ts'

export interface TlsSettings {
  /** SHA-256 over the SubjectPublicKeyInfo of a certificate in the chain, in base64 or base64url; one of them must be there. */
  readonly pins?: readonly string[] | undefined
  /** Certificates to trust in place of the well-known authorities, as PEM. */
  readonly ca?: string | undefined
  /** The oldest allowed TLS version. Default `TLSv1.2`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined
  /**
   * The only cipher suites to offer, by their OpenSSL names, such as `ECDHE-RSA-AES128-GCM-SHA256`. TLS 1.3 has its own
   * (`TLS_AES_128_GCM_SHA256`): a list without them keeps the defaults of TLS 1.3, a list of only them disables TLS 1.2.
   */
  readonly ciphers?: readonly string[] | undefined
}

/** Options of `https.Agent`, and of `connect` in undici. */
export interface TlsOptions {
  /** Explicit, because the environment variable `NODE_TLS_REJECT_UNAUTHORIZED` decides where it is left out. */
  readonly rejectUnauthorized: true
  readonly minVersion: SecureVersion
  readonly ca?: string
  readonly ciphers?: string
  readonly checkServerIdentity?: IdentityCheck
  /** Node checks no identity, hence no pin, in a resumed session. */
  readonly maxCachedSessions?: 0
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
/** How the names of TLS 1.3 suites begin (RFC 8446, appendix B.4); those of older ones do not. */
const TLS_1_3_SUITE = 'TLS_'

/**
 * Turns settings into options. Certificates are always verified, pins only add to that.
 * @throws TypeError with the found and the expected value
 */
export function createTlsOptions(settings: TlsSettings = {}): TlsOptions {
  const { pins, ca, minVersion = 'TLSv1.2', ciphers } = settings
  if (ca !== undefined) assertCertificates(ca)
  return {
    rejectUnauthorized: true,
    minVersion,
    ...(ca !== undefined && { ca }),
    ...(ciphers !== undefined && { ciphers: joinCiphers(ciphers, minVersion) }),
    ...(pins !== undefined && {
      checkServerIdentity: createPinnedIdentityCheck(pins),
      maxCachedSessions: 0
    })
  }
}

/** Node silently ignores unreadable certificates in `ca`. */
function assertCertificates(pem: string): void {
  const certificates = pem.match(CERTIFICATE)
  if (certificates === null) {
    throw new TypeError('found a ca without a certificate in it, expected PEM')
  }
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate)
    } catch (cause) {
      throw new TypeError(`found a ca whose certificate number ${index + 1} cannot be read`, {
        cause
      })
    }
  }
}

function joinCiphers(names: readonly string[], minVersion: SecureVersion): string {
  const known = getCiphers()
  for (const name of names) {
    if (!known.includes(name.toLowerCase())) {
      throw new TypeError(
        `found the cipher suite ${JSON.stringify(name)}, expected the OpenSSL name of one that this Node.js has`
      )
    }
  }
  const suites = names.map((name) => name.toUpperCase())
  if (!suites.some((suite) => minVersion === 'TLSv1.2' || suite.startsWith(TLS_1_3_SUITE))) {
    throw new TypeError(`found no cipher suite for ${minVersion}, expected at least one`)
  }
  return suites.join(':')
}
