/** Pins: public keys, one of which must be in the certificate chain of a server, even if its authority is trusted. */
import { createHash, X509Certificate } from 'node:crypto'
import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls'

/** `checkServerIdentity` of `node:tls`: called once the chain is verified, returns the error if the name does not match. */
export type IdentityCheck = (host: string, peer: PeerCertificate) => Error | undefined

/** Base64 or base64url of 32 bytes. */
const PIN = /^[A-Za-z0-9+/_-]{43}=?$/

/**
 * Makes an identity check with pins: the usual one (RFC 9110, section 4.3.4), and a pinned key in the chain.
 * It is not called for a resumed TLS session, so its user must not keep sessions.
 * @param pins SHA-256 over the DER of a SubjectPublicKeyInfo, in base64 or base64url; any one of them suffices
 * @throws TypeError for an empty list, and for text that is not a pin
 */
export function createPinnedIdentityCheck(pins: readonly string[]): IdentityCheck {
  if (pins.length === 0) throw new TypeError('found an empty list of pins, expected at least one')
  const pinned = new Set(pins.map(parsePin))

  return function checkPinnedIdentity(host, peer) {
    const mismatch = checkServerIdentity(host, peer)
    if (mismatch !== undefined) return mismatch
    try {
      for (const certificate of verifiedChain(peer as DetailedPeerCertificate)) {
        if (pinned.has(spkiDigest(certificate))) return undefined
      }
    } catch (error) {
      // Thrown errors would end the process: this is called from an event of the socket.
      return pinError('The certificate chain has a key that cannot be read', error)
    }
    return pinError('The certificate chain has no pinned key')
  }
}

/**
 * Walks from the server's certificate up, as far as each is signed by the next. What the server sends
 * beside its chain must not count: anyone can send along a certificate that they have no key of.
 */
function* verifiedChain(peer: DetailedPeerCertificate): Generator<X509Certificate> {
  let certificate = new X509Certificate(peer.raw)
  yield certificate
  let below = peer
  let above: DetailedPeerCertificate | undefined = peer.issuerCertificate
  // A root is its own issuer, and a chain whose root is not known ends without one.
  while (above !== undefined && above !== below) {
    const issuer = new X509Certificate(above.raw)
    if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) return
    yield issuer
    certificate = issuer
    below = above
    above = above.issuerCertificate
  }
}

function spkiDigest(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(spki).digest('base64url')
}

/** @returns the pin in base64url */
function parsePin(pin: string, index: number): string {
  if (!PIN.test(pin)) {
    throw new TypeError(
      `found a pin (number ${index + 1}) that is not base64 or base64url of 32 bytes, expected the SHA-256 of a SubjectPublicKeyInfo`
    )
  }
  return Buffer.from(pin, 'base64').toString('base64url')
}

function pinError(message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code: 'ERR_TLS_PIN' })
}
