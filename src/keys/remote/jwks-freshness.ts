/** How long a JWK Set may be kept, as its HTTP headers say (RFC 9111). */
import type { IncomingHttpHeaders } from 'node:http'

const NOT_TO_BE_KEPT = /(?:^|[\s,])no-(?:store|cache)(?=$|[\s,=])/i
const MAX_AGE = /(?:^|[\s,])max-age\s*=\s*"?(\d+)"?(?=$|[\s,])/i
const SECONDS = /^\d+$/

/**
 * The freshness lifetime that is left (RFC 9111, section 4.2): `Cache-Control`, or else `Expires`, less `Age`.
 * @param now when the request was sent, in milliseconds since 1970
 * @returns milliseconds from then on, 0 when it must not be kept; undefined when the headers do not say
 */
export function freshnessLifetime(headers: IncomingHttpHeaders, now: number): number | undefined {
  const stated = statedLifetime(headers, now)
  if (stated === undefined) return undefined
  const age = SECONDS.test(headers.age ?? '') ? Number(headers.age) * 1000 : 0
  return Math.max(0, stated - age)
}

function statedLifetime(headers: IncomingHttpHeaders, now: number): number | undefined {
  const cacheControl = headers['cache-control'] ?? ''
  if (NOT_TO_BE_KEPT.test(cacheControl)) return 0
  const [, maxAge] = MAX_AGE.exec(cacheControl) ?? []
  if (maxAge !== undefined) return Number(maxAge) * 1000
  if (headers.expires === undefined) return undefined
  const lifetime = Date.parse(headers.expires) - dateOf(headers, now)
  // A date that cannot be read, 0 above all, means that it is over (RFC 9111, section 5.3).
  return Number.isNaN(lifetime) ? 0 : lifetime
}

/** The sender's clock, so that its difference from ours does not count. */
function dateOf(headers: IncomingHttpHeaders, now: number): number {
  const date = Date.parse(headers.date ?? '')
  return Number.isNaN(date) ? now : date
}
