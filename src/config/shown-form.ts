/** The full form of a configuration for people to look at: secrets masked, defaults filled in if wanted. */
import { MASK } from '../settings/mask.ts'
import { valueAt } from './issues.ts'
import { createFormSchemas, type JsonSchema } from './json-schema.ts'

interface ShowOptions {
  /** Whether to fill in the defaults of what was left out. */
  readonly defaults: boolean
  /** The same form before variables were replaced: `${NAME}` is shown in place of a secret. */
  readonly unresolved?: unknown
}

/**
 * Copies a full form without its secrets. The schema marks secrets, so a setting that is new there
 * is shown, or masked, without a change here.
 * @param written a valid full form, as written
 */
export function showFullForm(
  written: unknown,
  { defaults, unresolved = written }: ShowOptions
): unknown {
  return show(createFormSchemas().full, written, unresolved)

  function show(schema: JsonSchema, value: unknown, source: unknown): unknown {
    if (schema.writeOnly === true) return showSecret(schema, value, source)
    if (isMap(value)) return showMap(chooseBranch(schema, value), value, source)
    if (Array.isArray(value)) {
      const { items = {} } = chooseBranch(schema, value)
      return value.map((item, index) => show(items, item, valueAt(source, [index])))
    }
    return typeof value === 'string' ? maskAddress(value) : value
  }

  /** Settings are in the order of the schema; freely named ones follow. */
  function showMap(schema: JsonSchema, value: Settings, source: unknown): Settings {
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
        .map(([key, one]) => [
          key,
          show(properties[String(key)] ?? others, one, valueAt(source, [String(key)]))
        ])
    )
  }
}

type Settings = Readonly<Record<string, unknown>>

/** The alternative that a value is written in. */
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

/** Shows where a secret is, and what is none: a default, and JSON data without content. */
function showSecret({ anyOf, default: fallback }: JsonSchema, value: unknown, source: unknown) {
  // JSON data, which has no alternatives, may look like a reference without being one.
  const isJson = anyOf === undefined
  if (isVariable(source) || (!isJson && isReference(source))) return source
  if (isJson && (value === null || value === 'null')) return null
  return value === fallback ? value : MASK
}

/** Exactly one variable, without a default, which might be the secret. */
function isVariable(value: unknown): boolean {
  return typeof value === 'string' && /^\$\{\w+\}$/.test(value)
}

/** A reference to a secret is not a secret. */
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

/** A variable that each request fills in. */
const PLACEHOLDER = /^\{[^{}]+\}$/
