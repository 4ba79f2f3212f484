/** The full form of a configuration for people to look at: secrets masked, defaults filled in if wanted. */
import { createFormSchemas, type JsonSchema } from './json-schema.ts'

/** What is shown in place of a secret. */
const MASK = '***'

interface ShowOptions {
  /** Whether to fill in the defaults of what was left out. */
  readonly defaults: boolean
}

/**
 * Copies a full form without its secrets. What is a secret is known from the schema, so a setting that is new there
 * is shown, or masked, without a change here.
 * @param written a full form that is good, as its author writes it
 */
export function showFullForm(written: unknown, { defaults }: ShowOptions): unknown {
  return show(createFormSchemas().full, written)

  function show(schema: JsonSchema, value: unknown): unknown {
    // What everybody has who sets nothing is no secret either.
    if (schema.writeOnly === true) {
      // JSON data, which has no alternatives, may look like a reference, and is none.
      const isTold = schema.anyOf !== undefined && isReference(value)
      return isTold || value === schema.default ? value : MASK
    }
    if (isMap(value)) return showMap(chooseBranch(schema, value), value)
    if (Array.isArray(value)) {
      const { items = {} } = chooseBranch(schema, value)
      return value.map((item) => show(items, item))
    }
    return typeof value === 'string' ? maskAddress(value) : value
  }

  /** Settings are in the order of the schema; those with names of the author's choice follow. */
  function showMap(schema: JsonSchema, value: Settings): Settings {
    const { properties = {}, additionalProperties } = schema
    const others = typeof additionalProperties === 'object' ? additionalProperties : {}
    const known = Object.entries(properties).map(([key, one]) => [
      key,
      Object.hasOwn(value, key) || !defaults ? value[key] : one.default
    ])
    const free = Object.entries(value).filter(([key]) => !Object.hasOwn(properties, key))
    return Object.fromEntries(
      [...known, ...free]
        .filter(([, one]) => one !== undefined)
        .map(([key, one]) => [key, show(properties[String(key)] ?? others, one)])
    )
  }
}

type Settings = Readonly<Record<string, unknown>>

/** Of alternatives, the one that a value is written in. */
function chooseBranch(schema: JsonSchema, value: Settings | unknown[]): JsonSchema {
  if (schema.anyOf === undefined) return schema
  const branches = schema.anyOf.map((branch) => chooseBranch(branch, value))
  return branches.find((branch) => fits(branch, value)) ?? {}
}

function fits({ type, required = [], properties = {} }: JsonSchema, value: Settings | unknown[]) {
  if (Array.isArray(value)) return type === 'array'
  if (type !== 'object' || required.some((key) => !Object.hasOwn(value, key))) return false
  return Object.entries(properties).every(
    ([key, { const: only }]) => only === undefined || value[key] === only
  )
}

/** A reference to a secret is no secret. */
function isReference(value: unknown): boolean {
  return isMap(value) && Object.keys(value).every((key) => key === 'file' || key === 'env')
}

function isMap(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Some addresses carry a password, `redis://user:password@host`, or a key, `https://host/path?key=...`. */
function maskAddress(text: string): string {
  return text
    .replace(/(?<=:\/\/[^/@\s]*:)[^/\s]+(?=@)/, MASK)
    .replaceAll(/(?<=:\/\/\S*[?&][^=&\s]+=)[^&#\s]+/g, (value) =>
      PLACEHOLDER.test(value) ? value : MASK
    )
}

/** What is filled in with each request. */
const PLACEHOLDER = /^\{[^{}]+\}$/
