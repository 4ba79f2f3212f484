/**
 * Login CSRF: a page of another site must not make a browser log in, or out, with a cookie that it would keep (RFC 6265, section 8.2).
 * CORS does not prevent that: a form, or a script that sends text, needs no preflight.
 */
import { crossSite } from '../errors.ts'
import type { MatchOrigin } from '../settings/origins.ts'
import type { Exchange } from './exchange.ts'
import type { Services } from './services.ts'

/** The values of `Sec-Fetch-Site` (Fetch Metadata, section 2.4) that are not another site: `none` is a direct action of the user. */
const OWN_SITE: ReadonlySet<string> = new Set(['same-origin', 'same-site', 'none'])

/**
 * Makes the guard of a route that sets a cookie: it throws a ServiceError `cross_site` for a request of a browser from another site.
 * @param isTrusted whether CORS allows an origin
 */
function createAssertSite(isTrusted: MatchOrigin): (exchange: Exchange) => void {
  return function assertSite({ headers }) {
    const { origin, 'sec-fetch-site': site } = headers
    // No script can set either field, and only browsers send them.
    if (site === undefined ? isOwnHost(origin, headers) : OWN_SITE.has(String(site))) return
    if (origin !== undefined && isTrusted(origin)) return
    throw crossSite('Request comes from another site.')
  }
}

/**
 * The guard of requests from the pages of the service itself: it throws a ServiceError `cross_site` for a request of a browser from any other
 * origin, also one that CORS allows. Requests of other clients pass.
 */
export function assertSameOrigin({ headers }: Exchange): void {
  const { origin, 'sec-fetch-site': site } = headers
  if (site === undefined ? isOwnHost(origin, headers) : site === 'same-origin' || site === 'none')
    return
  throw crossSite('Request comes from another origin.')
}

/** Settings that make a route set a cookie: its own, or a cookie of a remote that a source passes on. */
export interface CookieSettings {
  readonly cookie?: object | undefined
  /** Its sources; of a `claims` route, its path. */
  readonly claims?: string | readonly object[]
}

/** Whether a route sets a cookie. */
export function setsCookie({ cookie, claims = [] }: CookieSettings): boolean {
  return cookie !== undefined || (typeof claims !== 'string' && claims.some(passesCookie))
}

/** The guard of a route that sets a cookie; undefined for others. */
export function assertSiteFor(
  settings: CookieSettings,
  { isTrustedOrigin }: Pick<Services, 'isTrustedOrigin'>
): ((exchange: Exchange) => void) | undefined {
  return setsCookie(settings) ? createAssertSite(isTrustedOrigin) : undefined
}

function passesCookie({ pass = [] }: { readonly pass?: readonly string[] | undefined }): boolean {
  return pass.some((name) => name.toLowerCase() === 'set-cookie')
}

/** Of an origin of the web: scheme, and host with its port. `null`, and `file://` of some apps, are of no host. */
const WEB_ORIGIN = /^(https?):\/\/(.+)$/

/** The ports that browsers leave out. Some proxies write them into `Host`. */
const DEFAULT_PORTS = { http: /:80$/, https: /:443$/ } as const

/** For browsers without `Sec-Fetch-Site`, and for plain HTTP, where it is never sent: whether the origin is on this host. */
function isOwnHost(origin: string | undefined, headers: Exchange['headers']): boolean {
  if (origin === undefined) return true
  const [, scheme, host] = WEB_ORIGIN.exec(origin) ?? []
  if (host === undefined) return false
  const port = DEFAULT_PORTS[scheme as keyof typeof DEFAULT_PORTS]
  // A proxy may use another host. No page of another site can set its field without CORS.
  const forwarded = String(headers['x-forwarded-host'] ?? '').split(',')
  return [headers.host ?? '', ...forwarded].some(
    (own) => own.trim().toLowerCase().replace(port, '') === host
  )
}
