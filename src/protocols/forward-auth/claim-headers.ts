/** Claims as header fields, for a service behind a proxy that does not handle tokens. */
import { itemsOf } from '../../json/json-members.ts'
import { type JsonPath, parseJsonPath, textAt } from '../../json/json-path.ts'
import type { JsonText } from '../../json/json-text.ts'

/** The name of a header, and the claim that it carries. */
export interface ClaimHeader {
  readonly name: string
  readonly path: JsonPath
}

/**
 * Reads the setting.
 * @param headers paths of claims by the names of headers
 */
export function parseClaimHeaders(headers: Readonly<Record<string, string>>): ClaimHeader[] {
  return Object.entries(headers).map(([name, path]) => ({ name, path: parseJsonPath(path) }))
}

/** Printable ASCII stays unchanged, except the percent sign and the comma, which have a meaning here. */
const TO_BE_ENCODED = /[^\x21-\x24\x26-\x2b\x2d-\x7e]/gu
/** A lone surrogate of UTF-16 has no UTF-8: two names would become the same. */
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * Writes a claim as the value of a header. Text is percent-encoded (RFC 3986, section 2.1), with all that is not printable ASCII, and
 * spaces and commas, so that nothing in it ends the header or begins another item. Numbers are as the token has them. A list has commas
 * between its items. Empty where the claim is missing, or has no text: null, an object, a list that contains one.
 * @param claims JSON text of an object
 */
export function claimValue(claims: JsonText, path: JsonPath): string {
  const text = textAt(claims, path)
  if (text === undefined) return ''
  if (!text.startsWith('[')) return encodeScalar(text) ?? ''
  const items = itemsOf(text).map(encodeScalar)
  return items.includes(undefined) ? '' : items.join(',')
}

/** Undefined for anything but text, number, true and false. */
function encodeScalar(text: JsonText): string | undefined {
  if (text.startsWith('"')) {
    const value: string = JSON.parse(text)
    return LONE_SURROGATE.test(value) ? undefined : value.replace(TO_BE_ENCODED, encodeURIComponent)
  }
  return text === 'null' || text.startsWith('{') || text.startsWith('[') ? undefined : text
}
