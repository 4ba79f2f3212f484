/** Finds the places in JSON text that a path leads to, in each item of the arrays on its way. */
import { type Member, membersOf, textOf } from './json-members.ts'
import type { JsonPath } from './json-path.ts'
import type { JsonText } from './json-text.ts'

/** From the first character on, up to the one after the last. */
export type Place = Pick<Member, 'start' | 'end'>

export interface Field {
  /** The names, and the indexes in arrays, that lead to it. */
  readonly trail: JsonPath
  /** Where its value is in the text; undefined where there is none. */
  readonly place: Place | undefined
}

/**
 * The fields that a path leads to. Names are members of objects; an array leads to each of its items, at the end of the path
 * too. A name that is there twice leads to both.
 */
export function findFields(text: JsonText, path: JsonPath): Field[] {
  return findWithin({ start: 0, end: text.length }, path, [])

  function findWithin(place: Place, [name, ...rest]: JsonPath, trail: JsonPath): Field[] {
    const members = membersWithin(place)
    if (text[place.start] === '[') {
      const inner = name === undefined ? [] : [name, ...rest]
      return members.flatMap((item) => findWithin(item, inner, [...trail, item.name]))
    }
    if (name === undefined) return [{ trail, place }]
    const found = members.filter((member) => member.name === name)
    if (found.length === 0) return [{ trail: [...trail, name, ...rest], place: undefined }]
    return found.flatMap((member) => findWithin(member, rest, [...trail, name]))
  }

  function membersWithin(place: Place): Member[] {
    return membersOf(textOf(text, place)).map(({ name, start, end }) => ({
      name,
      start: place.start + start,
      end: place.start + end
    }))
  }
}
