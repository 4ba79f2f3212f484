/** Looks into JSON text without parsing it into values, so that what is taken out of it loses nothing. */
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  type JsonText,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE
} from './json-text.ts'

/** One value inside of an object or array, and where it is in the text of that. */
export interface Member {
  /** The name of a member of an object, the index of an item of an array. */
  readonly name: string
  readonly start: number
  readonly end: number
}

/**
 * The members of an object or array (RFC 8259, sections 4 and 5), in their order; none for any other value. A name that is
 * there twice is returned twice.
 */
export function membersOf(text: JsonText): Member[] {
  const isObject = text.charCodeAt(0) === OPEN_BRACE
  if (!isObject && text.charCodeAt(0) !== OPEN_BRACKET) return []
  const members: Member[] = []
  let index = 1
  while (index < text.length - 1) {
    let name = String(members.length)
    if (isObject) {
      const nameEnd = endOfValue(text, index)
      name = JSON.parse(text.slice(index, nameEnd))
      index = nameEnd + 1
    }
    const end = endOfValue(text, index)
    members.push({ name, start: index, end })
    index = end + 1
  }
  return members
}

/** How many members an object has (RFC 8259, section 4). A name that is there twice counts twice. */
export function countMembers(text: JsonText): number {
  let count = 0
  let index = 1
  while (index < text.length - 1) {
    const nameEnd = endOfValue(text, index)
    index = endOfValue(text, nameEnd + 1) + 1
    count++
  }
  return count
}

/** The text of a member: of valid JSON each value is valid JSON, too. */
export function textOf(text: JsonText, { start, end }: Pick<Member, 'start' | 'end'>): JsonText {
  return text.slice(start, end) as JsonText
}

/** Members of an object by their names, in order: each kept as text, to take some out and put others in. */
export type JsonObject = ReadonlyMap<string, JsonText>

/** Reads the members of an object; of a name that is there twice, the last counts. */
export function readObject(text: JsonText): Map<string, JsonText> {
  return new Map(membersOf(text).map((member) => [member.name, textOf(text, member)]))
}

/** Writes an object out of the texts of its members. */
export function writeObject(members: JsonObject): JsonText {
  const texts = [...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`)
  return `{${texts.join(',')}}` as JsonText
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
function endOfString(text: string, start: number): number {
  let index = start + 1
  while (text.charCodeAt(index) !== QUOTE) {
    index += text.charCodeAt(index) === BACKSLASH ? 2 : 1
  }
  return index
}
