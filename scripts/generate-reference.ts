/** Writes what is made from the schemas of the configuration: config.schema.json, and the tables of docs/configuration.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createFileSchema, createFormSchemas } from '../src/config/json-schema.ts'
import { writeTables } from './reference-tables.ts'

const SCHEMA_FILE = new URL('../config.schema.json', import.meta.url)
const PAGE_FILE = new URL('../docs/configuration.md', import.meta.url)

/** The files, and what they should hold now. */
export function generateReference(): { readonly file: string; readonly text: string }[] {
  const { flat, full } = createFormSchemas()
  const page = readFileSync(PAGE_FILE, 'utf8')
  return [
    { file: fileURLToPath(SCHEMA_FILE), text: `${JSON.stringify(createFileSchema(), null, 2)}\n` },
    {
      file: fileURLToPath(PAGE_FILE),
      text: fill(fill(page, 'flat form', writeTables(flat)), 'full form', writeTables(full))
    }
  ]
}

/** Puts a text in place of the one between two marks. */
function fill(page: string, name: string, text: string): string {
  const begin = `<!-- ${name}: written by \`npm run generate\` -->\n`
  const end = `\n<!-- ${name}: end -->`
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from === -1 || to === -1)
    throw new Error(`expected marks of the ${name} in docs/configuration.md`)
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, text } of generateReference()) writeFileSync(file, text)
}
