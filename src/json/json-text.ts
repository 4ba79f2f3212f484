/** JSON kept as text: validated, so that it can be spliced into other JSON without losing a digit. */

declare const validated: unique symbol

/**
 * Text that is one JSON value (RFC 8259) without white space around it. `JSON.parse` would round
 * `12345678901234567890` and turn `1e400` into null on its way back to text, so values that only pass through stay text.
 */
export type JsonText = string & { readonly [validated]: true }

/** Thrown for text that is not JSON. The message says what is wrong, and holds none of the text. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError'
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const SPACE = 0x20

/** Fatal, and keeps a byte order mark, which JSON must not start with (RFC 8259, section 8.1). */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Validates bytes as one JSON value in UTF-8.
 * @param maxDepth how many arrays and objects may stand inside each other
 * @returns the same JSON, without the white space that has no meaning
 * @throws JsonTextError
 */
export function parseJsonBytes(bytes: Uint8Array, maxDepth: number): JsonText {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    throw new JsonTextError('not valid UTF-8')
  }
  return parseJsonText(text, maxDepth)
}

/**
 * Validates text as one JSON value.
 * @param maxDepth how many arrays and objects may stand inside each other
 * @returns the same JSON, without the white space that has no meaning
 * @throws JsonTextError
 */
export function parseJsonText(text: string, maxDepth: number): JsonText {
  if (text.length === 0) throw new JsonTextError('empty')
  const compact = compactWithin(text, maxDepth)
  try {
    JSON.parse(text)
  } catch {
    throw new JsonTextError('not valid JSON')
  }
  return compact as JsonText
}

/** The JSON text of a value that is ours to begin with: a claim we set, a setting. */
export function toJsonText(value: string | number | boolean | object | null): JsonText {
  return JSON.stringify(value) as JsonText
}

/**
 * One pass over text that is not known to be JSON yet: counts the depth before the parser has to
 * take it, and leaves out white space between tokens. On text that is no JSON the result means nothing.
 */
function compactWithin(text: string, maxDepth: number): string {
  let compact = ''
  let keptFrom = 0
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
    } else if (char <= SPACE) {
      compact += text.slice(keptFrom, index)
      keptFrom = index + 1
    }
  }
  return keptFrom === 0 ? text : compact + text.slice(keptFrom)
}
