/** The known properties of the certificate of a client's connection. */
import { X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import { id_kp_clientAuth } from '@peculiar/asn1-x509'
import { readRules } from './certificate-rules.ts'
import { createIssuerSearch, MOST_ISSUERS } from './issuer-search.ts'

export interface ClientCertificate {
  /**
   * Whether it comes from an authority of the listener. For one that had expired when the client connected: whether it did
   * until it expired.
   */
  readonly isTrusted: boolean
  /** The end of its own time, in milliseconds since 1970. */
  readonly expiresAt: number
  /** The common names (CN) of its issuer and of those above; where it is not trusted, of the issuer that it names. */
  readonly issuers: readonly string[]
  /** Whether these are all. Node.js 24 does not show which authorities a client sent along with a certificate that is good. */
  readonly areIssuersKnown: boolean
}

/** @returns undefined without a certificate */
export type ReadClientCertificate = (socket: TLSSocket) => ClientCertificate | undefined

export interface ClientCertificateOptions {
  /** The authorities that issue the certificates of clients, as PEM. */
  readonly authorities: string
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Makes a function that judges the certificate of a connection once, and keeps the result as long as the connection lasts. Of a
 * chain, the client has proved to have the key of the first certificate alone, so this one is judged: the others may be
 * anybody's.
 */
export function createClientCertificateReader(
  options: ClientCertificateOptions
): ReadClientCertificate {
  const { now } = options
  const findIssuers = createIssuerSearch(options.authorities)
  const known = new WeakMap<TLSSocket, { readonly found: ClientCertificate | undefined }>()

  function judge(socket: TLSSocket): ClientCertificate | undefined {
    const [certificate, ...sent] = listChain(socket.getPeerCertificate(true))
    if (certificate === undefined) return undefined
    const time = now()
    const expiresAt = Date.parse(certificate.validTo)
    const isExpired = time > expiresAt
    // An authority renewed since counts like one that was valid then.
    const issuers = findIssuers(certificate, sent, isExpired ? [expiresAt, time] : [time])
    const areIssuersKnown = issuers !== undefined
    const whole = [certificate, ...(issuers ?? [])]
    const isTrusted = isExpired ? areIssuersKnown && isFitForClients(whole) : socket.authorized
    const chain = isTrusted ? whole : [certificate]
    return { isTrusted, expiresAt, issuers: chain.flatMap(issuerNames), areIssuersKnown }
  }

  return function readClientCertificate(socket) {
    const entry = known.get(socket) ?? { found: judge(socket) }
    known.set(socket, entry)
    return entry.found
  }
}

/** Node.js builds the list by names: a certificate above another one need not have signed it. */
function listChain(peer: DetailedPeerCertificate | null): X509Certificate[] {
  const chain: X509Certificate[] = []
  // The object is empty without a certificate, and a root is above itself.
  for (let one = peer ?? undefined; one?.raw !== undefined; one = one.issuerCertificate) {
    chain.push(new X509Certificate(one.raw))
    if (one === one.issuerCertificate || chain.length > MOST_ISSUERS) break
  }
  return chain
}

/**
 * The rules that OpenSSL has beside signatures and times, for a chain that it has not judged: of an expired certificate it reports
 * only that it is expired. What cannot be judged here is not trusted.
 */
function isFitForClients(chain: readonly X509Certificate[]): boolean {
  return chain.every(
    (certificate) =>
      (certificate.keyUsage === undefined || certificate.keyUsage.includes(id_kp_clientAuth)) &&
      readRules(certificate)?.hasUnknownRule === false
  )
}

/** All common names of a name. */
function issuerNames(certificate: X509Certificate): string[] {
  const { CN } = certificate.toLegacyObject().issuer as { CN?: string | string[] }
  return CN === undefined ? [] : [CN].flat()
}
