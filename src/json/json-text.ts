/** JSON kept as text: validated, so that it can be spliced into other JSON without losing a digit. */

/** The characters that JSON text is made of (RFC 8259, section 2), as UTF-16 code units. */
const SPACE = 0x20
export const QUOTE = 0x22
export const COMMA = 0x2c
export const COLON = 0x3a
export const OPEN_BRACKET = 0x5b
export const BACKSLASH = 0x5c
export const CLOSE_BRACKET = 0x5d
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d

declare const validated: unique symbol

/**
 * Text that is one JSON value (RFC 8259) without white space around it. `JSON.parse` would round
 * `12345678901234567890` and turn `1e400` into null on its way back to text, so values that only pass through stay text.
 */
export type JsonText = string & { readonly [validated]: true }

/** Thrown for text that is not JSON. The message has the reason, and nothing of the text. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError'
}

/** Fatal, and keeps a byte order mark, which JSON must not start with (RFC 8259, section 8.1). */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Validates bytes as one JSON value in UTF-8.
 * @param maxDepth how deep arrays and objects may be nested
 * @returns the same JSON, without the white space that has no meaning
 * @throws JsonTextError
 */
export function parseJsonBytes(bytes: Uint8Array, maxDepth: number): JsonText {
  return readJsonBytes(bytes, maxDepth).text
}

/** A JSON value, both as exact text and as a JavaScript value. */
export interface ReadJson {
  readonly text: JsonText
  readonly value: unknown
}

/** {@link parseJsonBytes} for callers that want to look into the value too, without parsing it twice. */
export function readJsonBytes(bytes: Uint8Array, maxDepth: number): ReadJson {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    throw new JsonTextError('not valid UTF-8')
  }
  return readJsonText(text, maxDepth)
}

/**
 * Validates text as one JSON value.
 * @param maxDepth how deep arrays and objects may be nested
 * @returns the same JSON, without the white space that has no meaning
 * @throws JsonTextError
 */
export function parseJsonText(text: string, maxDepth: number): JsonText {
  return readJsonText(text, maxDepth).text
}

function readJsonText(text: string, maxDepth: number): ReadJson {
  if (text.length === 0) throw new JsonTextError('empty')
  const compact = (isPlain(text, maxDepth) ? text : compactWithin(text, maxDepth)) as JsonText
  try {
    return { text: compact, value: JSON.parse(text) }
  } catch {
    throw new JsonTextError('not valid JSON')
  }
}

/** Writes a string as JSON: `JSON.stringify`, at a third of its cost for the short names that most are. */
export function writeString(value: string): string {
  for (let index = 0; index < value.length; index++) {
    const char = value.charCodeAt(index)
    const isSurrogate = char >= 0xd800 && char <= 0xdfff
    if (char < SPACE || char === QUOTE || char === BACKSLASH || isSurrogate) {
      return JSON.stringify(value)
    }
  }
  return `"${value}"`
}

/** The JSON text of our own values: a claim that the service sets, a setting. */
export function toJsonText(value: string | number | boolean | object | null): JsonText {
  return JSON.stringify(value) as JsonText
}

/** Characters that JSON has between tokens alone (RFC 8259, sections 2 and 7). */
const BREAK = /[^ -\uffff]/
/** A space at an end of the text, or beside a character that separates tokens. Every space between tokens is one of these; within strings some are. */
const SPACE_BETWEEN = /^ | $|[[\]{}:,] | [[\]{}:,]/

/** Whether there is no space to leave out, and too few brackets for too deep a nesting. Most JSON that programs write is like this. */
function isPlain(text: string, maxDepth: number): boolean {
  return (
    // Brackets first: with many of them, this ends early.
    countOf('{', text, maxDepth) + countOf('[', text, maxDepth) <= maxDepth &&
    !BREAK.test(text) &&
    !(text.includes(' ') && SPACE_BETWEEN.test(text))
  )
}

/** How often a character is in a text, counted up to one more than the limit. */
function countOf(char: string, text: string, limit: number): number {
  let count = 0
  let index = text.indexOf(char)
  while (index !== -1 && count <= limit) {
    count++
    index = text.indexOf(char, index + 1)
  }
  return count
}

/**
 * Looks at text that is not known to be JSON yet: counts the depth before the parser has to take it, and leaves out white space between
 * tokens. On text that is not JSON the result is meaningless.
 */
function compactWithin(text: string, maxDepth: number): string {
  let spaces = 0
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index)
    if (inString) {
      if (char === BACKSLASH) index++
      else if (char === QUOTE) inString = false
    } else if (char === QUOTE) {
      inString = true
    } else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
      depth++
      if (depth > maxDepth) throw new JsonTextError(`nested deeper than ${maxDepth} levels`)
    } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
      depth--
    } else if (char <= SPACE) spaces++
  }
  return spaces === 0 ? text : withoutSpaces(text)
}

/** Written unit by unit: hundreds of thousands of slices, one for each space, would cost ten times as much. */
function withoutSpaces(text: string): string {
  const isAscii = Buffer.byteLength(text) === text.length
  const kept = isAscii ? new Uint8Array(text.length) : new Uint16Array(text.length)
  let length = 0
  let inString = false
  let isEscaped = false
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index)
    if (inString) {
      if (isEscaped) isEscaped = false
      else if (char === BACKSLASH) isEscaped = true
      else if (char === QUOTE) inString = false
    } else if (char === QUOTE) inString = true
    else if (char <= SPACE) continue
    kept[length++] = char
  }
  const bytes = Buffer.from(kept.buffer, 0, length * kept.BYTES_PER_ELEMENT)
  return bytes.toString(isAscii ? 'latin1' : 'utf16le')
}
