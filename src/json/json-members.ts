/** Reads JSON text without parsing it into values, so that extracted parts lose nothing. */
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  type JsonText,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  writeString
} from './json-text.ts'

/** From the first character on, up to the one after the last. */
export interface Place {
  readonly start: number
  readonly end: number
}

/**
 * Gets the place of one value of an object or array, and that of its name with the quotes; in an array the name is empty.
 * Plain numbers: an object for each of half a million values would cost more than to find them.
 * @returns `false` where no further value is wanted
 */
type VisitMember = (start: number, end: number, nameStart: number, nameEnd: number) => unknown

/** Visits the values of the object or array at a place (RFC 8259, sections 4 and 5), in their order; none of any other value. */
export function visitMembers(text: JsonText, { start, end }: Place, visit: VisitMember): void {
  const isObject = text.charCodeAt(start) === OPEN_BRACE
  if (!isObject && text.charCodeAt(start) !== OPEN_BRACKET) return
  let index = start + 1
  while (index < end - 1) {
    const nameStart = index
    const nameEnd = isObject ? endOfString(text, index) + 1 : index
    if (isObject) index = nameEnd + 1
    const valueEnd = endOfValue(text, index)
    if (visit(index, valueEnd, nameStart, nameEnd) === false) return
    index = valueEnd + 1
  }
}

/**
 * Visits the members of an object that have this name, or the item of an array that has it as its index.
 * @param isSame whether the name at a place is this one
 */
export function visitNamed(
  text: JsonText,
  place: Place,
  name: string,
  visit: (start: number, end: number) => unknown,
  isSame = isName
): void {
  if (text.charCodeAt(place.start) === OPEN_BRACKET) {
    const wanted = INDEX.test(name) ? Number(name) : -1
    let item = 0
    visitMembers(text, place, (start, end) => {
      if (item++ === wanted) return visit(start, end)
      return wanted >= item
    })
    return
  }
  visitMembers(text, place, (start, end, nameStart, nameEnd) =>
    isSame(text, nameStart, nameEnd, name) ? visit(start, end) : true
  )
}

/** Visits the members of an object that have one of these names, the keys of the map. */
export function visitEachNamed(
  text: JsonText,
  place: Place,
  names: ReadonlyMap<string, unknown>,
  visit: (name: string, start: number, end: number) => unknown
): void {
  if (names.size === 0) return
  const lengths = Array.from(names.keys(), (name) => name.length)
  const least = Math.min(...lengths) + QUOTES
  const most = Math.max(...lengths) * LONGEST_ESCAPE + QUOTES
  visitMembers(text, place, (start, end, nameStart, nameEnd) => {
    const length = nameEnd - nameStart
    if (length < least || length > most) return
    const name = nameAt(text, nameStart, nameEnd)
    if (names.has(name)) visit(name, start, end)
  })
}

const QUOTES = 2
const INDEX = /^(?:0|[1-9]\d*)$/

/** The longest escape, `\u0061`, writes six characters for one. */
const LONGEST_ESCAPE = 6

/** Whether a name in the text is this one. Most are not, and are as long or do not begin alike: those are not decoded. */
function isName(text: JsonText, start: number, end: number, name: string): boolean {
  const length = end - start - QUOTES
  if (length < name.length || length > name.length * LONGEST_ESCAPE) return false
  return (
    (length === name.length || text.slice(start, end).includes('\\')) &&
    nameAt(text, start, end) === name
  )
}

/** {@link isName} without regard to case, as readers with Unicode's simple case folding compare names. */
export function isNameInAnyCase(text: JsonText, start: number, end: number, name: string): boolean {
  const length = end - start - QUOTES
  if (length < name.length || length > name.length * LONGEST_ESCAPE) return false
  const found = nameAt(text, start, end)
  return found.length === name.length && foldCase(found) === foldCase(name)
}

/** Both ways: the long s is only an `s` in upper case, the sign of kelvin only a `k` in lower case. */
function foldCase(name: string): string {
  return name.toUpperCase().toLowerCase()
}

/** The name at a place, its escapes decoded. */
export function nameAt(text: JsonText, start: number, end: number): string {
  const name = text.slice(start + 1, end - 1)
  return name.includes('\\') ? JSON.parse(text.slice(start, end)) : name
}

/** Whether all items of an array pass a test of their texts. */
export function everyItem(text: JsonText, isWanted: (item: JsonText) => boolean): boolean {
  let areAll = true
  visitMembers(text, { start: 0, end: text.length }, (start, end) => {
    areAll = isWanted(textOf(text, { start, end }))
    return areAll
  })
  return areAll
}

/** The items of an array. */
export function itemsOf(text: JsonText): JsonText[] {
  const items: JsonText[] = []
  visitMembers(text, { start: 0, end: text.length }, (start, end) => {
    items.push(textOf(text, { start, end }))
  })
  return items
}

/** Members of an object that become claims: more than any token can carry, and few enough not to keep other requests waiting. */
export const MOST_CLAIMS = 10_000

/** How many members an object has (RFC 8259, section 4). A duplicate name counts twice. */
export function countMembers(text: JsonText): number {
  let count = 0
  visitMembers(text, { start: 0, end: text.length }, () => {
    count++
  })
  return count
}

/**
 * Whether an object has a member of this name twice: some readers take the first, others the last (RFC 8259, section 4). Most texts have
 * the name once, and are not looked into.
 */
export function hasTwice(text: JsonText, name: string): boolean {
  const quoted = writeString(name)
  const first = text.indexOf(quoted)
  const isOnce = first === -1 || text.indexOf(quoted, first + quoted.length) === -1
  if (isOnce && !text.includes('\\')) return false
  let count = 0
  visitNamed(text, { start: 0, end: text.length }, name, () => ++count < 2)
  return count > 1
}

/** The text at a place: of valid JSON each value is valid JSON, too. */
export function textOf(text: JsonText, { start, end }: Place): JsonText {
  return text.slice(start, end) as JsonText
}

/** Members of an object by their names, in order: each kept as text, to take some out and put others in. */
export type JsonObject = ReadonlyMap<string, JsonText>

/**
 * Reads the members of an object; the last of duplicate names counts.
 * @param most stops at one member more than this
 */
export function readObject(text: JsonText, most = Number.POSITIVE_INFINITY): Map<string, JsonText> {
  const members = new Map<string, JsonText>()
  visitMembers(text, { start: 0, end: text.length }, (start, end, nameStart, nameEnd) => {
    members.set(nameAt(text, nameStart, nameEnd), text.slice(start, end) as JsonText)
    return members.size <= most
  })
  return members
}

/** Writes an object from the texts of its members. */
export function writeObject(members: JsonObject): JsonText {
  let text = ''
  for (const [name, value] of members) {
    text += `${text === '' ? '' : ','}${writeString(name)}:${value}`
  }
  return `{${text}}` as JsonText
}

/** Where a value that starts here ends: before the comma, colon or bracket behind it. There is no white space in the text. */
export function endOfValue(text: string, start: number): number {
  let depth = 0
  for (let index = start; index < text.length; index++) {
    const char = text.charCodeAt(index)
    if (char === QUOTE) index = endOfString(text, index)
    else if (char === OPEN_BRACE || char === OPEN_BRACKET) depth++
    else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
      if (depth === 0) return index
      depth--
    } else if (depth === 0 && (char === COMMA || char === COLON)) return index
  }
  return text.length
}

/** The index of the quote that ends the string which starts here. */
export function endOfString(text: string, start: number): number {
  let index = start + 1
  let char = text.charCodeAt(index)
  while (char !== QUOTE) {
    index += char === BACKSLASH ? 2 : 1
    char = text.charCodeAt(index)
  }
  return index
}
