/** Values of the claims that say who a token is from, about and for (RFC 7519, sections 4.1.1 to 4.1.3). */
import { membersOf, textOf } from '../../../json/json-members.ts'
import type { JsonText } from '../../../json/json-text.ts'

const NUMBER = /^[-\d]/
const EMPTY = '""'

/**
 * Turns a value into one that the claim may have: text, or for `aud` a list of texts. A number, as many APIs give for an id,
 * becomes text with the same digits.
 * @returns undefined for anything else, and for empty text
 */
export function toIdentity(claim: string, value: JsonText): JsonText | undefined {
  if (claim !== 'aud' || !value.startsWith('[')) return toNonEmptyText(value)
  const items = membersOf(value).map((item) => toNonEmptyText(textOf(value, item)))
  return items.length === 0 || items.includes(undefined)
    ? undefined
    : (`[${items.join(',')}]` as JsonText)
}

function toNonEmptyText(value: JsonText): JsonText | undefined {
  if (value.startsWith('"')) return value === EMPTY ? undefined : value
  return NUMBER.test(value) ? (`"${value}"` as JsonText) : undefined
}
