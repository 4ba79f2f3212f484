/** Header fields of a remote's reply that a client gets. */
import type { Headers } from './call.ts'

export type PassedHeaders = Readonly<Record<string, string | readonly string[]>>

/** Tabs, spaces and visible ASCII (RFC 9110, section 5.5): no line ends, and no bytes whose charset is not known. */
const VALUE = /^[\t\x20-\x7e]*$/

/**
 * Makes a function that picks header fields of a reply that can be in an answer.
 * @param names in lower case
 */
export function createPickHeaders(names: readonly string[]): (headers: Headers) => PassedHeaders {
  const spelt = names.map((name) => [name, spell(name)] as const)

  return function pickHeaders(headers) {
    return Object.fromEntries(
      spelt.flatMap(([name, spelling]) => {
        const value = headers[name]
        if (value === undefined) return []
        const lines = [value].flat()
        const fit = lines.filter((line) => VALUE.test(line))
        const isFit = name === COOKIE ? fit.length > 0 : fit.length === lines.length
        return isFit ? [[spelling, Array.isArray(value) ? fit : value]] : []
      })
    )
  }
}

/** Each of its lines is a field of its own. All lines of another field are one value (RFC 9110, section 5.3), which is whole or missing. */
const COOKIE = 'set-cookie'

/** Spells a name as in answers of the service. */
function spell(name: string): string {
  if (name === 'www-authenticate') return 'WWW-Authenticate'
  return name.replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase())
}
