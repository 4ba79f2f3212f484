/** Paths that the service answers by itself. */

/** For those who operate it. */
export const OPERATION_PATHS = ['/livez', '/readyz', '/healthz', '/metrics'] as const

/** The OpenAPI document and its page, where the configuration asks for them. */
export const OPENAPI_PATH = '/openapi.json'
export const DOCS_PATH = '/docs'

/** Where the public keys are published (RFC 8615), if there are any. */
export const JWK_SET_PATH = '/.well-known/jwks.json'
export const DISCOVERY_PATH = '/.well-known/openid-configuration'
