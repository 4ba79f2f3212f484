/** Blanks in header fields: space and tab, and no other character (RFC 9110, section 5.6.3). `trim` takes a no-break space for one too. */

const TAB = 0x09
const SPACE = 0x20

/** Leaves out the blanks at both ends. */
export function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(char: number): boolean {
  return char === SPACE || char === TAB
}
