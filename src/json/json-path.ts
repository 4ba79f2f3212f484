/** Paths into JSON, such as `user.roles.0`. */
import { isNameInAnyCase, type Place, textOf, visitEachNamed, visitNamed } from './json-members.ts'
import { type JsonText, OPEN_BRACE } from './json-text.ts'

/** The names that lead to a value, from the outside in; an index is a name of its array's items. */
export type JsonPath = readonly string[]

/** Names with dots between them. A backslash before a dot or a backslash makes it a part of the name. */
const NAME = /(?:[^.\\]|\\[.\\])+/y

/**
 * Reads a path such as `user.roles.0` or `https://example\.com/roles`.
 * @throws TypeError for text that is not a path
 */
export function parseJsonPath(text: string): JsonPath {
  const names: string[] = []
  let index = 0
  do {
    NAME.lastIndex = index
    const [name] = NAME.exec(text) ?? []
    if (name === undefined) throw new TypeError('not a path of names with dots between them')
    names.push(name.replace(/\\([.\\])/g, '$1'))
    index = NAME.lastIndex + 1
  } while (index <= text.length && text[index - 1] === '.')
  if (index <= text.length) throw new TypeError('not a path of names with dots between them')
  return names
}

/** Writes a path the way it is read. */
export function formatJsonPath(path: JsonPath): string {
  return path.map((name) => name.replaceAll(/[.\\]/g, '\\$&')).join('.')
}

/**
 * The text of the value that a path leads to. Undefined where it leads nowhere.
 * @param onTwice called for a duplicate name on the path. The last one counts
 */
export function textAt(text: JsonText, path: JsonPath, onTwice?: () => void): JsonText | undefined {
  let found: Place = { start: 0, end: text.length }
  for (const name of path) {
    let last: Place | undefined
    visitNamed(text, found, name, (start, end) => {
      if (last !== undefined) onTwice?.()
      last = { start, end }
    })
    if (last === undefined) return undefined
    found = last
  }
  return textOf(text, found)
}

/**
 * The texts of all values that a path leads to where names are compared without regard to case, duplicate names included.
 * @param most places that each name of the path may lead to
 * @param onMore called for more
 */
export function textsInAnyCase(
  text: JsonText,
  path: JsonPath,
  most: number,
  onMore: () => never
): JsonText[] {
  let found: readonly Place[] = [{ start: 0, end: text.length }]
  for (const name of path) {
    const inner: Place[] = []
    const add = (start: number, end: number) => {
      if (inner.push({ start, end }) > most) onMore()
    }
    for (const place of found) visitNamed(text, place, name, add, isNameInAnyCase)
    found = inner
  }
  return found.map((place) => textOf(text, place))
}

/** {@link textAt} for several paths, in one walk over the members that they have in common. */
export function textsAt(text: JsonText, paths: readonly JsonPath[]): (JsonText | undefined)[] {
  const found: (JsonText | undefined)[] = paths.map(() => undefined)

  /** @param wanted the indexes of the paths that have led here, by their names up to this depth */
  function search(place: Place, depth: number, wanted: readonly number[]): void {
    if (text.charCodeAt(place.start) !== OPEN_BRACE) {
      for (const index of wanted) {
        found[index] = textAt(textOf(text, place), paths[index]?.slice(depth) ?? [])
      }
      return
    }
    const byName = new Map<string, number[]>()
    for (const index of wanted) {
      const name = paths[index]?.[depth]
      if (name === undefined) found[index] = textOf(text, place)
      else byName.set(name, [...(byName.get(name) ?? []), index])
    }
    const last = new Map<string, Place>()
    visitEachNamed(text, place, byName, (name, start, end) => last.set(name, { start, end }))
    for (const [name, inner] of last) search(inner, depth + 1, byName.get(name) ?? [])
  }

  search({ start: 0, end: text.length }, 0, [...paths.keys()])
  return found
}

/** An array has items alone: its JavaScript properties are not JSON. */
const INDEX = /^\d+$/

/** The value that a path leads to. Undefined where it leads nowhere. */
export function valueAtPath(value: unknown, path: JsonPath): unknown {
  let found = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    if (Array.isArray(found) && !INDEX.test(name)) return undefined
    found = (found as Record<string, unknown>)[name]
  }
  return found
}
