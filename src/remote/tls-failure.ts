/** Tells a failed TLS handshake from other failures of a connection. */

/** How the codes begin that Node.js and OpenSSL have for bad certificates (X509_V_ERR_*) and failed handshakes. */
const CODE =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_|PATH_LENGTH_|HOSTNAME_MISMATCH$)/

/** @param error what a client threw; the code may be its own or its cause's */
export function isTlsFailure(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && CODE.test(at.code)) return true
  }
  return false
}
