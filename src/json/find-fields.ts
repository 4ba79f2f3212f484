/** Finds the places in JSON text that a path leads to, in each item of the arrays on its way. */
import { type Place, visitMembers, visitNamed } from './json-members.ts'
import type { JsonPath } from './json-path.ts'
import { type JsonText, OPEN_BRACKET } from './json-text.ts'

export interface Field {
  /** The names, and the indexes in arrays, that lead to it. */
  readonly trail: JsonPath
  /** Where its value is in the text; undefined where there is none. */
  readonly place: Place | undefined
}

export interface SearchOptions {
  /** Whether places where the path ends early are left out. */
  readonly skipsMissing: boolean
  /** The search ends at one field more than this. */
  readonly most: number
}

/**
 * The fields that a path leads to. Names are members of objects; an array leads to each of its items, at the end of the path
 * too. A duplicate name leads to both.
 */
export function findFields(
  text: JsonText,
  path: JsonPath,
  { skipsMissing, most }: SearchOptions
): Field[] {
  const found: Field[] = []
  const trail: (string | number)[] = []

  /** @returns whether the search goes on, as all of these do */
  function add(rest: JsonPath, place: Place | undefined): boolean {
    found.push({ trail: [...trail.map(String), ...rest], place })
    return found.length <= most
  }

  function findWithin(start: number, end: number, depth: number): boolean {
    const isArray = text.charCodeAt(start) === OPEN_BRACKET
    const name = path[depth]
    if (!isArray && name === undefined) return add([], { start, end })
    return name === undefined || isArray
      ? findInItems(start, end, depth)
      : findNamed(start, end, name, depth)
  }

  function findInItems(start: number, end: number, depth: number): boolean {
    let goesOn = true
    let index = 0
    visitMembers(text, { start, end }, (itemStart, itemEnd) => {
      trail.push(index++)
      goesOn = findWithin(itemStart, itemEnd, depth)
      trail.pop()
      return goesOn
    })
    return goesOn
  }

  function findNamed(start: number, end: number, name: string, depth: number): boolean {
    let goesOn = true
    let isMissing = true
    trail.push(name)
    visitNamed(text, { start, end }, name, (valueStart, valueEnd) => {
      isMissing = false
      goesOn = findWithin(valueStart, valueEnd, depth + 1)
      return goesOn
    })
    if (isMissing && !skipsMissing) goesOn = add(path.slice(depth + 1), undefined)
    trail.pop()
    return goesOn
  }

  findWithin(0, text.length, 0)
  return found
}
