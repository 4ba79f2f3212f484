/** Finds the JWK Set of an issuer: OpenID Connect Discovery 1.0 (section 4), and OAuth 2.0 Authorization Server Metadata (RFC 8414, section 3). */
import { JwksError } from './jwks-error.ts'

/** Fetches a document. Throws a JwksError for any failure. */
export type FetchDocument = (url: URL) => Promise<Buffer>

/**
 * The possible URLs of an issuer's metadata, in the order in which they are tried: below its path, as in OpenID Connect, and ahead of it, as in
 * RFC 8414 (section 3.1, and section 5 for the name of OpenID Connect).
 */
function metadataUrls(issuer: URL): URL[] {
  const path = issuer.pathname.replace(/\/$/, '')
  const paths = [
    `${path}/.well-known/openid-configuration`,
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`
  ]
  return [...new Set(paths)].map((one) => new URL(one, issuer.origin))
}

/**
 * Fetches the metadata of an issuer. A server that has none at one place, or another document, may have it at the next.
 * @param issuers the allowed names of the issuer in the metadata, compared exactly: metadata of another issuer leads to no keys
 * @returns the text of `jwks_uri`
 * @throws JwksError without metadata, or with metadata of another issuer
 */
export async function discoverJwksUri(
  issuer: URL,
  issuers: readonly string[],
  fetchDocument: FetchDocument
): Promise<string> {
  let reported: JwksError | undefined
  for (const url of metadataUrls(issuer)) {
    try {
      return jwksUriOf(await fetchDocument(url), issuers)
    } catch (error) {
      if (!(error instanceof JwksError && ELSEWHERE.includes(error.failure))) throw error
      // The problem of a document helps more than its absence at another place.
      const isMoreHelpful = reported?.failure !== 'metadata' && error.failure === 'metadata'
      if (reported === undefined || isMoreHelpful) reported = error
    }
  }
  throw reported
}

/** After these the next place is tried. An application may answer every path with a page, and a host every path with its own metadata. */
const ELSEWHERE: readonly string[] = ['status', 'redirect', 'metadata']

function jwksUriOf(document: Buffer, issuers: readonly string[]): string {
  const { issuer: found, jwks_uri: uri } = parseMetadata(document)
  if (typeof found !== 'string' || !issuers.includes(found)) {
    const expected = issuers.map((one) => JSON.stringify(one)).join(' or ')
    throw new JwksError(
      'metadata',
      `found metadata of the issuer ${shorten(found)}, expected ${expected}`
    )
  }
  if (typeof uri !== 'string') throw new JwksError('metadata', 'found metadata without a jwks_uri')
  return uri
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function parseMetadata(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
  } catch {
    // It is reported below, without any of its text.
  }
  throw new JwksError('metadata', 'found metadata that is not a JSON object')
}

const LONGEST_SHOWN = 200

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? 'none'
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text
}
