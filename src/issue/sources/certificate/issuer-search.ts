/** The path from a certificate up to a trusted root (RFC 5280, section 6.1), at given times. */
import { X509Certificate } from 'node:crypto'
import { readRules } from './certificate-rules.ts'

/**
 * Finds the issuer of a certificate, the issuer of that one, and so on up to a trusted root.
 * @param sent certificates that may be on the path; sending them does not make them trusted
 * @param times each of them must be valid at one of these, in milliseconds since 1970
 * @returns the issuers, nearest first, with each signature verified; undefined where there is no path
 */
export type FindIssuers = (
  certificate: X509Certificate,
  sent: readonly X509Certificate[],
  times: readonly number[]
) => readonly X509Certificate[] | undefined

/** More than any chain has, and few enough that a client cannot keep the service busy with signatures. */
export const MOST_ISSUERS = 8

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** @param authorities PEM certificates: roots, which are trusted, and others that may be on the way to them */
export function createIssuerSearch(authorities: string): FindIssuers {
  const known = (authorities.match(PEM) ?? []).map((pem) => new X509Certificate(pem))
  const roots = new Set(
    known.filter((one) => isSignedBy(one, one)).map(({ fingerprint256 }) => fingerprint256)
  )

  return function findIssuers(certificate, sent, times) {
    const candidates = withDescendants(known, sent.slice(0, MOST_ISSUERS))
    // Each is tried once: certificates that all sign each other would otherwise make as many ways as they have orders.
    const seen = new Set([certificate.fingerprint256])

    function climb(below: X509Certificate, way: X509Certificate[]): X509Certificate[] | undefined {
      if (roots.has(below.fingerprint256)) return way
      for (const issuer of candidates) {
        if (way.length === MOST_ISSUERS || seen.has(issuer.fingerprint256)) continue
        if (!issuer.ca || !isValidAtAny(issuer, times)) continue
        if (!isSignedBy(below, issuer) || !allowsBelow(issuer, way.length)) continue
        seen.add(issuer.fingerprint256)
        const whole = climb(issuer, [...way, issuer])
        if (whole !== undefined) return whole
      }
      return undefined
    }

    return climb(certificate, [])
  }
}

/**
 * Adds those that an authority has signed that is there already. Nothing else that a client sent can be on the way, and parsing
 * it would cost a stranger nothing, and the service some 10 ms for a long one.
 */
function withDescendants(
  known: readonly X509Certificate[],
  sent: readonly X509Certificate[]
): X509Certificate[] {
  const found = [...known]
  // The list grows in the loop.
  for (const issuer of found) {
    found.push(...sent.filter((one) => one.ca && !found.includes(one) && isSignedBy(one, issuer)))
  }
  return found
}

function isValidAtAny({ validFrom, validTo }: X509Certificate, times: readonly number[]): boolean {
  return times.some((time) => Date.parse(validFrom) <= time && time <= Date.parse(validTo))
}

/** @param below how many authorities are between it and the certificate that the way began with */
function allowsBelow(issuer: X509Certificate, below: number): boolean {
  const rules = readRules(issuer)
  return rules !== undefined && below <= rules.pathLength
}

/** `checkIssued` compares names, key identifiers and the usage of the key, and no signature. */
function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    // A key of a kind that OpenSSL does not support signs nothing.
    return false
  }
}
