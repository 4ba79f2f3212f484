/** The tables of docs/configuration.md, made from the JSON Schema of the configuration. */
import type { JsonSchema } from '../src/config/json-schema.ts'

/** A map of settings, and where in the file it stands. */
interface Section {
  readonly path: string
  readonly schema: JsonSchema
}

/** A table for a map of settings and for each one inside of it, in the order of the schema. What is the same is written once. */
export function writeTables(schema: JsonSchema): string {
  const written = new Map<string, string>()
  const repeated: string[] = []
  return listSections('', schema)
    .flatMap(({ path, schema: section }) => {
      if (repeated.some((outer) => path.startsWith(outer))) return []
      const tables = listSections('', section).map(writeSection).join()
      const first = written.get(tables)
      if (first === undefined) {
        written.set(tables, path)
        return [writeSection({ path, schema: section })]
      }
      repeated.push(`${path}.`, `${path}[`)
      return [`### \`${path}\`\n\nThe same settings as \`${first}\`.`]
    })
    .join('\n\n')
}

function listSections(path: string, schema: JsonSchema): Section[] {
  const inner = listSettings(schema).flatMap(([key, setting]) =>
    sectionsIn(path === '' ? key : `${path}.${key}`, setting)
  )
  return [{ path, schema }, ...inner]
}

/** The settings of a map; those under names of their author's choice are one more. */
function listSettings({
  properties = {},
  additionalProperties
}: JsonSchema): [string, JsonSchema][] {
  const settings = Object.entries(properties)
  return typeof additionalProperties === 'object'
    ? [...settings, ['*name*', additionalProperties]]
    : settings
}

/** The sections that a setting has in it. A kind of value with a name of its own is none. */
function sectionsIn(path: string, schema: JsonSchema): Section[] {
  const { title, items, properties } = schema
  if (title !== undefined || items?.title !== undefined) return []
  if (properties !== undefined) return listSections(path, schema)
  if (items?.anyOf === undefined) return items === undefined ? [] : sectionsIn(`${path}[]`, items)
  return items.anyOf.flatMap((item) => listSections(`${path}[${nameVariant(item)}]`, item))
}

/** Of the maps that a list may have for items, each is told from the others by a setting that has one value, or else by its first. */
function nameVariant({ properties = {}, required: [first = ''] = [] }: JsonSchema): string {
  const fixed = Object.entries(properties).find(([, { const: value }]) => value !== undefined)
  return fixed === undefined ? first : `${fixed[0]}: ${String(fixed[1].const)}`
}

function writeSection({ path, schema }: Section): string {
  const { required = [], oneOf = [] } = schema
  const choices = oneOf.flatMap((choice) => choice.required ?? []).map((name) => `\`${name}\``)
  const rows = listSettings(schema).map(([key, setting]) =>
    writeRow(key, setting, required.includes(key))
  )
  const parts = [
    path === '' ? '' : `### \`${path}\``,
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

/** What a setting's value is, in words. */
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
