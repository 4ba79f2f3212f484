/** Texts that may be in the configuration itself, in another file, or in the environment: `{ file: path }` and `{ env: NAME }`. */
import { resolve } from 'node:path'
import * as z from 'zod'
import { section } from './section.ts'
import { type ReadText, readTextFile, TextFileError } from './text-file.ts'

const MATERIAL = 'text in quotes, { file: path } or { env: NAME }'
const MATERIAL_EXPECTED = `expected ${MATERIAL}`

/** Where a text is. One section, not a union of two, so that a misspelt key is reported as one. */
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

/** Makes a function that makes a schema once for each reader. Making one takes long, and many settings have the same. */
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
export const material = oncePerReader(function material(reader) {
  return z
    .union([z.string(), reference], { error: MATERIAL_EXPECTED })
    .meta({ title: MATERIAL, writeOnly: true })
    .transform((value, context) => {
      if (typeof value === 'string') return value
      try {
        return reader.read(value)
      } catch (error) {
        if (!(error instanceof SecretError)) throw error
        context.addIssue({ code: 'custom', message: error.message })
        return z.NEVER
      }
    })
})

/** Has one of the two. */
interface SecretReference {
  readonly file?: string | undefined
  readonly env?: string | undefined
}

/** Thrown when a referenced text cannot be read. The message names the file or variable, never its content. */
export class SecretError extends Error {
  override readonly name = 'SecretError'
}

/** Follows references, and remembers which files it read, so that they can be watched. */
export interface SecretReader {
  /** @throws SecretError */
  readonly read: (reference: SecretReference) => string
  /** The whole path of a file or folder that the configuration names, from its own folder on. */
  readonly resolve: (path: string) => string
  readonly files: ReadonlySet<string>
}

interface SecretReaderOptions {
  /** The folder that relative paths start from: that of the configuration file. */
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
    read({ file, env: name = '' }) {
      if (file === undefined) {
        const value = Object.hasOwn(env, name) ? env[name] : undefined
        if (value === undefined || value === '') {
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
  // Editors and `kubectl create secret` leave one line end behind; it is never part of what was meant.
  const trimmed = text.replace(/\r?\n$/, '')
  if (trimmed === '') throw new SecretError(`${path} is empty`)
  return trimmed
}
