/** `import`: converts the configuration of another system, and lists settings without an equivalent. */
import { dirname, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { formatPath } from '../../settings/problem.ts'
import { readTextFile, TextFileError } from '../../settings/text-file.ts'
import { CommandError, createCommand, UsageError } from '../command.ts'
import { createSource } from './source.ts'
import type { System } from './system.ts'
import { SYSTEMS } from './systems.ts'
import { findFaults, writeImported } from './write.ts'

const NAMES = Object.keys(SYSTEMS)

export const importConfig = createCommand({
  parameters: [`<${NAMES.join('|')}>`, '<FILE>'],
  description:
    'Convert the configuration of another system. Standard output has the new configuration. Standard error lists every setting that has no equivalent here, or only a similar one. Neither has keys, API keys or passwords: the new configuration refers to environment variables and files.',
  options: {},
  examples: [
    'txtoken import krakend krakend.json > txtoken.yml',
    'txtoken import themis themis.yaml > txtoken.yml && txtoken check-config txtoken.yml'
  ],
  run({ parameters: [name = '', file = ''], print, report }) {
    const system = Object.hasOwn(SYSTEMS, name) ? SYSTEMS[name] : undefined
    if (system === undefined) {
      throw new UsageError(`expected one of ${NAMES.join(', ')}, and its file`)
    }
    const source = createSource(readFile(file, system), system)
    const readBeside = (path: string) => readTextFile(resolve(dirname(file), path))
    const text = writeImported(system.convert(source, readBeside), name)
    print(text)
    const notes = source.listNotes(system.settings)
    if (notes.length > 0) {
      report(`${file}: settings that have no equivalent here, or only a similar one:`)
      for (const { places, text } of notes) {
        report(`  - ${places.length === 0 ? '' : `${places.join(', ')}: `}${text}`)
      }
    }
    const faults = findFaults(text)
    if (faults.length > 0) report('problems that check-config finds in the new configuration:')
    for (const { path, message, line } of faults) {
      report(`  - ${[`line ${line}`, formatPath(path), message].filter(Boolean).join(': ')}`)
    }
    return faults.length > 0 ? 1 : undefined
  }
})

/** No message quotes the file, which may hold a secret. */
function readFile(file: string, { parse }: System): unknown {
  let text: string
  try {
    text = readTextFile(file)
  } catch (error) {
    if (!(error instanceof TextFileError)) throw error
    throw new CommandError(`cannot read ${file} (${error.message})`)
  }
  const data = parse === undefined ? parseTree(text) : parse(text)
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new CommandError(`${file}: expected a map of settings`)
  }
  return data

  function parseTree(text: string): unknown {
    const document = parseDocument(text, {
      prettyErrors: false,
      merge: true,
      intAsBigInt: true,
      logLevel: 'silent'
    })
    const [error] = document.errors
    if (error !== undefined) {
      const line = text.slice(0, error.pos[0]).split('\n').length
      throw new CommandError(`${file}:${line}: expected JSON or YAML; render templates first`)
    }
    try {
      return document.toJS({ maxAliasCount: 20 })
    } catch {
      throw new CommandError(`${file}: expected at most 20 aliases`)
    }
  }
}
