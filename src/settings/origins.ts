/** Settings that are origins of web pages (RFC 6454, section 6.2), such as `https://app.example.com`, or all below a domain. */
import * as z from 'zod'

/** Stands for every origin. */
export const EVERY_ORIGIN = '*'

const TITLE = 'an origin such as https://app.example.com, https://*.example.com, or *'
const EXPECTED = `expected ${TITLE}`

/** Scheme, whether all hosts below are meant, and the rest: host and port. */
const FORM = /^([a-z][a-z\d+.-]*):\/\/(\*\.)?([^\s/?#@*\\]+)$/i

/** One origin, normalized as browsers write it once it is parsed, without the default port of its scheme. */
export const origin = z
  .string(EXPECTED)
  .refine((text) => canonicalOf(text) !== undefined, { error: EXPECTED })
  .meta({ title: TITLE })
  .transform((text) => canonicalOf(text) ?? text)

function canonicalOf(text: string): string | undefined {
  if (text === EVERY_ORIGIN) return text
  const [, scheme = '', below = '', host = ''] = FORM.exec(text) ?? []
  if (!URL.canParse(`${scheme}://${host}`)) return undefined
  const url = new URL(`${scheme}://${host}`)
  if (url.host === '' || url.username !== '') return undefined
  if (below !== '' && !isDomain(url.hostname)) return undefined
  return `${url.protocol}//${below}${url.host}`.toLowerCase()
}

/** Whether hosts can be below it: not an IP address, nor a public suffix such as `com`. */
function isDomain(hostname: string): boolean {
  return hostname === 'localhost' || /^[\w-]+(?:\.[\w-]+)*\.[a-z][\w-]*$/i.test(hostname)
}

/** Whether an `Origin` field is one of some origins. */
export type MatchOrigin = (origin: string) => boolean

/**
 * Makes the function that looks an origin up. A `*.` matches one label of a host name or more, and never a part of one; scheme and
 * port are compared exactly. `null`, the origin of sandboxed pages, never matches.
 * @param origins parsed ones; {@link EVERY_ORIGIN} among them matches nothing here
 */
export function createMatchOrigin(origins: readonly string[]): MatchOrigin {
  const exact = new Set(origins.filter((one) => one !== EVERY_ORIGIN && !one.includes('*')))
  const below = origins
    .filter((one) => one.includes('://*.'))
    .map((one) => {
      const at = one.indexOf('*')
      return { start: one.slice(0, at), end: one.slice(at + 1) }
    })

  return function matchOrigin(text) {
    if (exact.has(text)) return true
    return below.some(
      ({ start, end }) =>
        text.startsWith(start) &&
        text.endsWith(end) &&
        LABELS.test(text.slice(start.length, -end.length))
    )
  }
}

const LABELS = /^[\w-]+(?:\.[\w-]+)*$/
