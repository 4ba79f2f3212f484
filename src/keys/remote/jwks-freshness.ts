/** How long a JWK Set may be cached, by its HTTP headers (RFC 9111). */
import type { IncomingHttpHeaders } from 'node:http'
import CachePolicy from 'http-cache-semantics'

/** Directives that limit the time. For others the library only guesses; the setting `refresh` is the better default. */
const LIFETIME_DIRECTIVE = /(?:^|[\s,])(?:no-(?:store|cache)|max-age\s*=\s*"?\d+"?)(?=$|[\s,=])/
const SECONDS = /^\d+$/

/**
 * The freshness lifetime that is left (RFC 9111, section 4.2): `Cache-Control`, or else `Expires`, less `Age`.
 * @param now when the request was sent, in milliseconds since 1970
 * @returns milliseconds from then on, 0 when it must not be cached; undefined when the headers do not limit it
 */
export function freshnessLifetime(headers: IncomingHttpHeaders, now: number): number | undefined {
  // The library reads directives in lower case only.
  const cacheControl = (headers['cache-control'] ?? '').toLowerCase()
  if (!LIFETIME_DIRECTIVE.test(cacheControl) && headers.expires === undefined) return undefined
  const policy = new CachePolicy(
    { headers: {} },
    { headers: { ...headers, 'cache-control': cacheControl, date: dateOf(headers, now) } },
    { shared: false, immutableMinTimeToLive: 0 }
  )
  const age = SECONDS.test(headers.age ?? '') ? Number(headers.age) : 0
  return Math.max(0, policy.maxAge() - age) * 1000
}

/** The clock of the sender, if it is sent, so that its difference from ours does not count. */
function dateOf({ date }: IncomingHttpHeaders, now: number): string {
  return date === undefined || Number.isNaN(Date.parse(date)) ? new Date(now).toUTCString() : date
}
