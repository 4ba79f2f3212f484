/** Texts that may be in the configuration itself, in another file, or in the environment: `{ file: path }` and `{ env: NAME }`. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import * as z from 'zod'
import { cleanText } from './clean-text.ts'
import { askForFile, isNamedLikeFile } from './file-names.ts'
import { MASK, MASK_FOUND } from './mask.ts'
import { section } from './section.ts'
import { type ReadText, readTextFile, TextFileError } from './text-file.ts'

const MATERIAL = 'text in quotes, { file: path } or { env: NAME }'
const MATERIAL_EXPECTED = `expected ${MATERIAL}`

/** The place of a text. One section, not a union of two, so that a misspelt key is reported as one. */
const reference = section({
  file: z
    .string('expected the path of a file')
    .min(1, 'expected the path of a file')
    .optional()
    .describe('Path of a file that holds the text, from the folder of the configuration on.'),
  env: z
    .string('expected the name of an environment variable')
    .min(1, 'expected the name of an environment variable')
    .optional()
    .describe('Name of an environment variable that holds the text.')
})
  .refine((value) => Object.keys(value).length === 1, { error: MATERIAL_EXPECTED })
  .meta({ minProperties: 1, maxProperties: 1 })

/** Makes a function that creates a schema once for each reader. Creating one is slow, and many settings have the same. */
export function oncePerReader<Schema>(
  create: (reader: SecretReader) => Schema
): (reader: SecretReader) => Schema {
  const made = new WeakMap<SecretReader, Schema>()

  return function schemaOf(reader) {
    const known = made.get(reader)
    if (known !== undefined) return known
    const schema = create(reader)
    made.set(reader, schema)
    return schema
  }
}

/** Text that may be in the file itself, in another file, or in the environment. `writeOnly` masks it where it is shown. */
export const material = oncePerReader((reader) => textSchema(reader))

/**
 * The same for a secret that this service has with others: any text could be one, also the path of a file that is not mounted, or
 * a variable that nothing replaced, and each of these can be guessed.
 */
export const sharedSecret = oncePerReader((reader) => textSchema(reader, assertFilledIn))

/** @param assertMeant checks the text itself, wherever it was. Throws a SecretError. */
function textSchema(reader: SecretReader, assertMeant: (text: string) => void = () => {}) {
  return z
    .union([z.string(), reference], { error: MATERIAL_EXPECTED })
    .meta({ title: MATERIAL, writeOnly: true })
    .transform((value, context) => {
      try {
        const text = typeof value === 'string' ? readInline(value, reader) : reader.read(value)
        assertMeant(text)
        return text
      } catch (error) {
        if (!(error instanceof SecretError)) throw error
        context.addIssue({ code: 'custom', message: error.message })
        return z.NEVER
      }
    })
}

function readInline(text: string, reader: SecretReader): string {
  if (text === MASK) throw new SecretError(MASK_FOUND)
  // A path as a secret would be a secret that others can guess.
  if (PATH.test(text) && reader.exists(text)) throw pathFound(text)
  return cleanText(text)
}

/** The beginning of a path: no other text in a configuration starts like this and names a file. */
const PATH = /^\.{0,2}\/[^\s]+$/

function pathFound(text: string): SecretError {
  return new SecretError(`found the path of a file, ${askForFile(text)}`)
}

/** A variable as a shell has it. Its name is shown in capitals alone, since other text may be a secret. */
const SHELL_VARIABLE = /^\$(?:([A-Z_][A-Z\d_]*)|[A-Za-z_]\w*)$/
/** What templates, and examples, have in place of a value. */
const PLACEHOLDER = /^\s*(?:\{\{.*\}\}|<[^<>]*>|\$\{[^{}]*\})\s*$/s

function assertFilledIn(text: string): void {
  if (isNamedLikeFile(text)) throw pathFound(text)
  const [variable, name = 'NAME'] = SHELL_VARIABLE.exec(text) ?? []
  if (variable !== undefined) {
    throw new SecretError(`found a variable without braces, did you mean \${${name}}?`)
  }
  if (PLACEHOLDER.test(text)) {
    throw new SecretError('found a placeholder that was not filled in, expected the secret')
  }
}

/** Has one of the two. */
interface SecretReference {
  readonly file?: string | undefined
  readonly env?: string | undefined
}

/** Thrown when a referenced text cannot be read. The message names the file or variable, never its content. */
export class SecretError extends Error {
  override readonly name = 'SecretError'
}

/** Follows references, and records the files that it read, so that they can be watched. */
export interface SecretReader {
  /** Reads a text, cleaned by {@link cleanText}. @throws SecretError */
  readonly read: (reference: SecretReference) => string
  /** The absolute path of a file or folder in the configuration, relative to its own folder. */
  readonly resolve: (path: string) => string
  /** Whether there is a file at such a path. */
  readonly exists: (path: string) => boolean
  readonly files: ReadonlySet<string>
}

interface SecretReaderOptions {
  /** The folder that relative paths start from: the folder of the configuration file. */
  folder: string
  env: Readonly<Record<string, string | undefined>>
  /** Reads a text file. Default: from the disk. */
  readText?: ReadText | undefined
}

/** Makes the reader for one configuration. It has read no file yet. */
export function createSecretReader({
  folder,
  env,
  readText = readTextFile
}: SecretReaderOptions): SecretReader {
  const files = new Set<string>()
  return {
    files,
    resolve: (path) => resolve(folder, path),
    exists: (path) => existsSync(resolve(folder, path)),
    read({ file, env: name = '' }) {
      if (file === undefined) {
        const value = cleanText((Object.hasOwn(env, name) ? env[name] : undefined) ?? '')
        if (value === '') {
          throw new SecretError(`environment variable ${name} is not set`)
        }
        return value
      }
      const path = resolve(folder, file)
      files.add(path)
      return readSecretFile(path, readText)
    }
  }
}

function readSecretFile(path: string, readText: ReadText): string {
  let text: string
  try {
    text = readText(path)
  } catch (error) {
    if (!(error instanceof TextFileError)) throw error
    throw new SecretError(`cannot read ${path} (${error.message})`)
  }
  const meant = cleanText(text)
  if (meant === '') throw new SecretError(`${path} is empty`)
  return meant
}
