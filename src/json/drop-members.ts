/** Leaves members out of JSON text, without parsing what stays. */
import { endOfValue } from './json-members.ts'
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  type JsonText,
  OPEN_BRACE,
  OPEN_BRACKET
} from './json-text.ts'

/**
 * Leaves out the members of objects (RFC 8259, section 4) with certain names, at any depth. One pass over the text.
 * @param isDropped called with each name, its escapes decoded
 */
export function dropMembers(text: JsonText, isDropped: (name: string) => boolean): JsonText {
  let kept = ''
  let index = 0

  function copyValue(): void {
    const char = text.charCodeAt(index)
    if (char === OPEN_BRACE) copyObject()
    else if (char === OPEN_BRACKET) copyArray()
    else copyTo(endOfValue(text, index))
  }

  function copyObject(): void {
    let separator = ''
    copyTo(index + 1)
    while (text.charCodeAt(index) !== CLOSE_BRACE) {
      if (text.charCodeAt(index) === COMMA) index++
      const nameEnd = endOfValue(text, index)
      if (isDropped(JSON.parse(text.slice(index, nameEnd)))) {
        index = endOfValue(text, nameEnd + 1)
      } else {
        kept += separator
        separator = ','
        copyTo(nameEnd + 1)
        copyValue()
      }
    }
    copyTo(index + 1)
  }

  function copyArray(): void {
    copyTo(index + 1)
    while (text.charCodeAt(index) !== CLOSE_BRACKET) {
      if (text.charCodeAt(index) === COMMA) copyTo(index + 1)
      copyValue()
    }
    copyTo(index + 1)
  }

  function copyTo(end: number): void {
    kept += text.slice(index, end)
    index = end
  }

  copyValue()
  return kept as JsonText
}
