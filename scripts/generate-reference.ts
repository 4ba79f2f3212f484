/**
 * Writes what is made from the schemas of the configuration: config.schema.json, and the tables of docs/configuration.md; and what the
 * program says of the routes of a flat form: docs/openapi.yml.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { createFileSchema, createFormSchemas } from '../src/config/json-schema.ts'
import { parseConfig } from '../src/config/load.ts'
import { describeListener } from '../src/server/listener-routes.ts'
import { createSecretReader } from '../src/settings/secrets.ts'
import { VERSION } from '../src/version.ts'
import { writeTables } from './reference-tables.ts'

const SCHEMA_FILE = new URL('../config.schema.json', import.meta.url)
const PAGE_FILE = new URL('../docs/configuration.md', import.meta.url)
const OPENAPI_FILE = new URL('../docs/openapi.yml', import.meta.url)

/** The least that there can be. */
const FLAT_FORM = { encKey: 'x'.repeat(32), remote: 'https://login.example.com' }

/** The files, and what they should hold now. */
export async function generateReference(): Promise<
  { readonly file: string; readonly text: string }[]
> {
  const { flat, full } = createFormSchemas()
  const page = readFileSync(PAGE_FILE, 'utf8')
  return [
    { file: fileURLToPath(SCHEMA_FILE), text: `${JSON.stringify(createFileSchema(), null, 2)}\n` },
    {
      file: fileURLToPath(PAGE_FILE),
      text: fill(fill(page, 'flat form', writeTables(flat)), 'full form', writeTables(full))
    },
    { file: fileURLToPath(OPENAPI_FILE), text: await writeDocument() }
  ]
}

async function writeDocument(): Promise<string> {
  const reader = createSecretReader({ folder: '/', env: {} })
  const config = parseConfig(JSON.stringify(FLAT_FORM), { env: {}, reader })
  const document = await describeListener('main', config, VERSION)
  return `# Written by \`npm run generate\`.\n${stringify(document, { aliasDuplicateObjects: false })}`
}

/** Puts a text in place of the one between two marks. */
function fill(page: string, name: string, text: string): string {
  const begin = `<!-- ${name}: written by \`npm run generate\` -->\n`
  const end = `\n<!-- ${name}: end -->`
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from === -1 || to === -1) {
    throw new Error(`expected marks of the ${name} in docs/configuration.md`)
  }
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, text } of await generateReference()) writeFileSync(file, text)
}
