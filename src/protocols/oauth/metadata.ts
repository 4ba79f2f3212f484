/** Authorization server metadata (RFC 8414), by which OAuth clients configure themselves, made from the configuration. */
import { sendsBody } from '../../issue/sources/registry.ts'
import { variablesIn } from '../../settings/route-paths.ts'
import { cachedDocument } from '../cached-document.ts'
import type { IssueRouteConfig } from '../issue/settings.ts'
import { plainFormat } from '../operations/route.ts'
import { issuerDocumentPaths, OAUTH_METADATA_PATH, publishedUrl, urlOfRoute } from '../own-paths.ts'
import type { RouteConfig } from '../registry.ts'
import { createRoute, type Route } from '../route.ts'

export interface MetadataOptions {
  /** The `iss` of issued tokens, a URL that leads to this service. */
  readonly issuer: string
  /** The routes of the listener. */
  readonly routes: readonly RouteConfig[]
  /** Whether the public keys are on the listener. */
  readonly publishesKeys: boolean
}

type OauthRoute = IssueRouteConfig<'oauth'>

/** The token endpoint of a listener: the first `oauth` route whose path has no variables. */
export function findTokenRoute(routes: readonly RouteConfig[]): OauthRoute | undefined {
  return routes.find(
    (route): route is OauthRoute =>
      'issue' in route && route.protocol === 'oauth' && variablesIn(route.issue).length === 0
  )
}

/** Makes the routes of the document; none where the listener has no token endpoint. */
export function createMetadataRoutes(options: MetadataOptions): Route[] {
  const metadata = describeServer(options)
  if (metadata === undefined) return []
  const answer = cachedDocument(metadata)
  const route = createRoute({
    path: OAUTH_METADATA_PATH,
    format: plainFormat,
    isPublic: true,
    respond: () => answer
  })
  return issuerDocumentPaths(OAUTH_METADATA_PATH, options.issuer).map((path) => ({
    ...route,
    path
  }))
}

function describeServer({ issuer, routes, publishesKeys }: MetadataOptions): object | undefined {
  const token = findTokenRoute(routes)
  if (token === undefined) return undefined
  const introspection = routes.find(isIntrospection)
  const revocation = routes.find(isRevocation)
  return {
    issuer,
    token_endpoint: urlOfRoute(issuer, token.issue),
    token_endpoint_auth_methods_supported: authMethods(token),
    grant_types_supported: [grantType(token)],
    // Nothing here sends a browser anywhere (RFC 6749, section 3.1.1).
    response_types_supported: [],
    ...(publishesKeys && { jwks_uri: publishedUrl(issuer) }),
    ...(introspection && {
      introspection_endpoint: urlOfRoute(issuer, introspection.check),
      introspection_endpoint_auth_methods_supported: authMethods(introspection, FORM_METHOD)
    }),
    ...(revocation && {
      revocation_endpoint: urlOfRoute(issuer, revocation.revoke),
      revocation_endpoint_auth_methods_supported: authMethods(revocation, FORM_METHOD)
    })
  }
}

/** At the token endpoint, credentials in the form are for the API behind the service. */
const FORM_METHOD = 'client_secret_post'

/** The API key is the password of HTTP Basic. */
function authMethods(
  { auth }: { readonly auth?: object | undefined },
  ...others: readonly string[]
): readonly string[] {
  return auth === undefined ? ['none'] : ['client_secret_basic', ...others]
}

/** Credentials in the form are for the API behind the service. A route that sends it none issues tokens to the callers themselves. */
function grantType({ claims }: OauthRoute): string {
  return sendsBody(claims) ? 'password' : 'client_credentials'
}

type IntrospectionRoute = Extract<RouteConfig, { readonly check: string }>
type RevocationRoute = Extract<RouteConfig, { readonly revoke: string }>

function isIntrospection(route: RouteConfig): route is IntrospectionRoute {
  return 'check' in route && route.protocol === 'introspection'
}

function isRevocation(route: RouteConfig): route is RevocationRoute {
  return 'revoke' in route
}
