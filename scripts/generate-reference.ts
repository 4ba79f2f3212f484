/**
 * Writes the files generated from the schemas of the configuration: config.schema.json, and the tables of docs/configuration.md and of the
 * pages below it; the OpenAPI document for a flat form: docs/openapi.yml; the tables of docs/log-messages.md; the tables of
 * other systems' settings; and the list of docs/adr/.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { writeSettingsTable } from '../src/cli/import/setting.ts'
import { SYSTEMS } from '../src/cli/import/systems.ts'
import { createFileSchema, createFormSchemas } from '../src/config/json-schema.ts'
import { parseConfig } from '../src/config/load.ts'
import { LOG_MESSAGES, type LogMessage } from '../src/log-messages.ts'
import { describeListener } from '../src/server/listener-routes.ts'
import { createSecretReader } from '../src/settings/secrets.ts'
import { VERSION } from '../src/version.ts'
import { writePages } from './configuration-pages.ts'
import { writeSections } from './reference-tables.ts'

const SCHEMA_FILE = new URL('../config.schema.json', import.meta.url)
const PAGE_FILE = new URL('../docs/configuration.md', import.meta.url)
const MESSAGES_FILE = new URL('../docs/log-messages.md', import.meta.url)
const DECISIONS_FOLDER = new URL('../docs/adr/', import.meta.url)
const OPENAPI_FILE = new URL('../docs/openapi.yml', import.meta.url)

/** The smallest configuration. */
const FLAT_FORM = { encKey: 'x'.repeat(32), remote: 'https://login.example.com' }

/** The files, and their up-to-date content. */
export async function generateReference(): Promise<
  { readonly file: string; readonly text: string }[]
> {
  const { flat, full } = createFormSchemas()
  const page = readFileSync(PAGE_FILE, 'utf8')
  const flatTables = writeSections(flat, (path) => path).map(({ text }) => text)
  const { top, pages } = writePages(full)
  return [
    { file: fileURLToPath(SCHEMA_FILE), text: `${JSON.stringify(createFileSchema(), null, 2)}\n` },
    {
      file: fileURLToPath(PAGE_FILE),
      text: fill(fill(page, 'flat form', flatTables.join('\n\n')), 'full form', top)
    },
    ...[...pages].map(([name, text]) => fillSections(name, text)),
    {
      file: fileURLToPath(MESSAGES_FILE),
      text: fill(readFileSync(MESSAGES_FILE, 'utf8'), 'messages', writeMessages())
    },
    writeDecisions(),
    { file: fileURLToPath(OPENAPI_FILE), text: await writeDocument() },
    ...Object.entries(SYSTEMS).map(([name, { title, settings }]) => {
      const file = new URL(`../docs/how-to/move-from-${name}.md`, import.meta.url)
      const table = writeSettingsTable(title, settings)
      return {
        file: fileURLToPath(file),
        text: fill(readFileSync(file, 'utf8'), 'settings', table)
      }
    })
  ]
}

function fillSections(name: string, text: string) {
  const file = new URL(`../docs/configuration/${name}.md`, import.meta.url)
  return {
    file: fileURLToPath(file),
    text: fill(readFileSync(file, 'utf8'), 'sections', text)
  }
}

function writeDecisions() {
  const file = new URL('README.md', DECISIONS_FOLDER)
  const names = readdirSync(DECISIONS_FOLDER).filter((name) => /^\d.*\.md$/.test(name))
  const lines = names.toSorted().map((name) => {
    const [heading = ''] = readFileSync(new URL(name, DECISIONS_FOLDER), 'utf8').split('\n')
    return `- [${heading.replace(/^# /, '')}](${name})`
  })
  return {
    file: fileURLToPath(file),
    text: fill(readFileSync(file, 'utf8'), 'decisions', lines.join('\n'))
  }
}

function writeMessages(): string {
  return Object.entries(LOG_MESSAGES)
    .map(([about, messages]) => {
      const rows = Object.entries<LogMessage>(messages).map(
        ([message, { levels, meaning, action = '' }]) =>
          `| \`${message}\` | ${levels.join(', ')} | ${meaning} | ${action} |`
      )
      const table = ['| `msg` | level | what it means | what to do |', '|---|---|---|---|', ...rows]
      return `## ${about}\n\n${table.join('\n')}`
    })
    .join('\n\n')
}

async function writeDocument(): Promise<string> {
  const reader = createSecretReader({ folder: '/', env: {} })
  const { config } = parseConfig(JSON.stringify(FLAT_FORM), { env: {}, reader })
  const document = await describeListener('main', config, VERSION)
  return `# Written by \`npm run generate\`.\n${stringify(document, { aliasDuplicateObjects: false })}`
}

/** Replaces the text between two marks. */
function fill(page: string, name: string, text: string): string {
  const begin = `<!-- ${name}: written by \`npm run generate\` -->\n`
  const end = `\n<!-- ${name}: end -->`
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from === -1 || to === -1) {
    throw new Error(`expected marks of the ${name} in the page`)
  }
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, text } of await generateReference()) writeFileSync(file, text)
}
