/** JSON objects as their members, each kept as text, to take some of them out and put others in. */
import { membersOf, textOf } from './json-members.ts'
import type { JsonText } from './json-text.ts'

/** Members by their names, in order. */
export type JsonObject = ReadonlyMap<string, JsonText>

/** Reads the members of an object; of a name that stands twice, the last counts. */
export function readObject(text: JsonText): Map<string, JsonText> {
  return new Map(membersOf(text).map((member) => [member.name, textOf(text, member)]))
}

/** Writes an object out of the texts of its members. */
export function writeObject(members: JsonObject): JsonText {
  const texts = [...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`)
  return `{${texts.join(',')}}` as JsonText
}
