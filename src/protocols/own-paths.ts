/** Paths that the service answers without a route of the configuration. */

/** Health and metrics. */
export const OPERATION_PATHS = ['/livez', '/readyz', '/healthz', '/metrics'] as const
export type OperationPath = (typeof OPERATION_PATHS)[number]

/** The OpenAPI document of the routes, and the page that shows it, if the configuration asks for them. */
export const OPENAPI_PATH = '/openapi.json'
export const DOCS_PATH = '/docs'

/** The public keys (RFC 8615), if there are any. */
export const JWK_SET_PATH = '/.well-known/jwks.json'
export const DISCOVERY_PATH = '/.well-known/openid-configuration'
