/** Leaves members out of JSON text, without parsing what stays. */
import { endOfString, endOfValue, nameAt } from './json-members.ts'
import { CLOSE_BRACE, COLON, COMMA, type JsonText, OPEN_BRACE, QUOTE } from './json-text.ts'

/**
 * Leaves out the members of objects (RFC 8259, section 4) with certain names, at any depth. One pass over the text; the text between
 * two dropped members is copied at once.
 * @param isDropped called with each name, its escapes decoded
 */
export function dropMembers(text: JsonText, isDropped: (name: string) => boolean): JsonText {
  let kept = ''
  let keptFrom = 0
  // Whether an object, by its depth, has a member that stays: then the comma before a dropped one goes, else the comma behind it.
  const hasKept: boolean[] = []

  /** @returns where the text goes on */
  function drop(start: number, end: number): number {
    const isBehindKept = hasKept.at(-1) === true
    const next = isBehindKept || text.charCodeAt(end) !== COMMA ? end : end + 1
    kept += text.slice(keptFrom, isBehindKept ? start - 1 : start)
    keptFrom = next
    return next
  }

  let index = 0
  while (index < text.length) {
    const char = text.charCodeAt(index)
    if (char === QUOTE) {
      const end = endOfString(text, index) + 1
      // In JSON without white space a string before a colon is a name, and no other string is.
      if (text.charCodeAt(end) !== COLON) index = end
      else if (isDropped(nameAt(text, index, end))) index = drop(index, endOfValue(text, end + 1))
      else {
        hasKept[hasKept.length - 1] = true
        index = end + 1
      }
    } else {
      if (char === OPEN_BRACE) hasKept.push(false)
      else if (char === CLOSE_BRACE) hasKept.pop()
      index++
    }
  }
  return (keptFrom === 0 ? text : kept + text.slice(keptFrom)) as JsonText
}
