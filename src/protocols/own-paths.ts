/** Paths that the service answers without a route of the configuration. */

/** Health and metrics. */
export const OPERATION_PATHS = ['/livez', '/readyz', '/healthz', '/metrics'] as const
export type OperationPath = (typeof OPERATION_PATHS)[number]

/** The OpenAPI document of the routes, and the page that shows it, if configured. */
export const OPENAPI_PATH = '/openapi.json'
export const DOCS_PATH = '/docs'

/** The page that shows why a token passes or not, on the configured listener. */
export const WORKBENCH_PATH = '/workbench'

/** The public keys (RFC 8615), if there are any. */
export const JWK_SET_PATH = '/.well-known/jwks.json'
export const DISCOVERY_PATH = '/.well-known/openid-configuration'
/** The metadata for OAuth clients (RFC 8414), if there are issuer and token endpoint. */
export const OAUTH_METADATA_PATH = '/.well-known/oauth-authorization-server'

/**
 * The paths of a document about an issuer: at the root; for an issuer with a path also below that path (OpenID Connect Discovery 1.0, section 4),
 * and with the path after it (RFC 8414, section 3.1). A proxy may strip the path of the issuer or not, so both are answered.
 */
export function issuerDocumentPaths(path: string, issuer: string): string[] {
  const own = pathOf(issuer)
  return [...new Set([path, own + path, path + own])]
}

/** The paths of the JWK Set. */
export function jwkSetPaths(issuer: string | undefined): string[] {
  const own = issuer === undefined ? '' : pathOf(issuer)
  return [...new Set([JWK_SET_PATH, own + JWK_SET_PATH])]
}

/** The paths of all documents about an issuer. */
export function publishedPaths(issuer: string | undefined): string[] {
  return [
    ...jwkSetPaths(issuer),
    ...(issuer === undefined
      ? [DISCOVERY_PATH]
      : [DISCOVERY_PATH, OAUTH_METADATA_PATH].flatMap((path) => issuerDocumentPaths(path, issuer)))
  ]
}

/** The URL of the JWK Set of an issuer. */
export function publishedUrl(issuer: string): string {
  return issuer.replace(/\/$/, '') + JWK_SET_PATH
}

/**
 * The URL of a route as clients of the issuer reach it. Where the route is below the path of the issuer, the proxy keeps that path; else it
 * strips it.
 */
export function urlOfRoute(issuer: string, path: string): string {
  const own = pathOf(issuer)
  const base = issuer.replace(/\/$/, '')
  return path.startsWith(`${own}/`) ? base + path.slice(own.length) : base + path
}

/** Without the slash at its end. */
function pathOf(issuer: string): string {
  return URL.canParse(issuer) ? new URL(issuer).pathname.replace(/\/$/, '') : ''
}
