/** The tables of docs/configuration.md and of the pages below it, made from the JSON Schema of the configuration. */
import type { JsonSchema } from '../src/config/json-schema.ts'

/** A map of settings, and its path in the file. */
interface Section {
  readonly path: string
  readonly schema: JsonSchema
}

/** A section, and its text in the reference. */
interface WrittenSection {
  readonly path: string
  readonly text: string
}

/** A link to a section from another one. */
export type SectionLink = (path: string, from: string) => string

/** A text for a map of settings and for each nested one, in the order of the schema. Equal texts are written once. */
export function writeSections(schema: JsonSchema, linkTo: SectionLink): WrittenSection[] {
  const written = new Map<string, string>()
  const repeated: string[] = []
  return listSections('', schema).flatMap(({ path, schema: section }) => {
    if (repeated.some((outer) => path.startsWith(outer))) return []
    const tables = listSections('', section)
      .map((inner) => `${inner.path}\n${writeTable(inner.schema)}`)
      .join()
    const first = written.get(tables)
    if (first === undefined) {
      written.set(tables, path)
      return [{ path, text: writeTable(section) }]
    }
    repeated.push(`${path}.`, `${path}[`)
    return [{ path, text: `The same settings as ${linkTo(first, path)}.` }]
  })
}

function listSections(path: string, schema: JsonSchema): Section[] {
  const inner = listSettings(schema).flatMap(([key, setting]) =>
    sectionsIn(path === '' ? key : `${path}.${key}`, setting)
  )
  return [{ path, schema }, ...inner]
}

/** The settings of a map; entries under freely chosen names are one more. */
function listSettings({
  properties = {},
  additionalProperties
}: JsonSchema): [string, JsonSchema][] {
  const settings = Object.entries(properties)
  return typeof additionalProperties === 'object'
    ? [...settings, ['*name*', additionalProperties]]
    : settings
}

/** The sections in a setting. A kind of value with its own name is not one. */
function sectionsIn(path: string, schema: JsonSchema): Section[] {
  const { title, items, properties } = schema
  if (title !== undefined || items?.title !== undefined) return []
  if (properties !== undefined) return listSections(path, schema)
  if (items?.anyOf === undefined) return items === undefined ? [] : sectionsIn(`${path}[]`, items)
  return items.anyOf.flatMap((item) => listSections(`${path}[${nameVariant(item)}]`, item))
}

/** Alternative maps in a list are distinguished by a setting with one value, or else by their first setting. */
function nameVariant({ properties = {}, required: [first = ''] = [] }: JsonSchema): string {
  const fixed = Object.entries(properties).find(([, { const: value }]) => value !== undefined)
  return fixed === undefined ? first : `${fixed[0]}: ${String(fixed[1].const)}`
}

function writeTable(schema: JsonSchema): string {
  const { required = [], oneOf = [] } = schema
  const choices = oneOf.flatMap((choice) => choice.required ?? []).map((name) => `\`${name}\``)
  const rows = listSettings(schema).map(([key, setting]) =>
    writeRow(key, setting, required.includes(key))
  )
  const parts = [
    choices.length === 0 ? '' : `It has exactly one of ${choices.join(', ')}.`,
    ['| setting | value | default | what it is |', '|---|---|---|---|', ...rows].join('\n')
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function writeRow(key: string, setting: JsonSchema, isRequired: boolean): string {
  const [, text = '', fallback = ''] =
    /^(.*?)(?: Default: (.*)\.)?$/s.exec(setting.description ?? '') ?? []
  const cells = [`\`${key}\``, nameValue(setting), isRequired ? 'required' : fallback, text]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** The kind of a setting's value, in words. */
function nameValue(setting: JsonSchema): string {
  const { title, enum: choices, const: value, type, items, properties } = setting
  if (title !== undefined) return title
  if (choices !== undefined) return choices.map((choice) => `\`${String(choice)}\``).join(', ')
  if (value !== undefined) return `\`${String(value)}\``
  if (items?.title !== undefined) return `a list, each ${items.title}`
  if (items !== undefined) return items.type === 'string' ? 'a list of texts' : 'a list, see below'
  if (properties !== undefined) return 'a section, see below'
  return type === 'string' ? 'text' : ''
}
