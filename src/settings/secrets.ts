/** Settings that may stand elsewhere: `{ file: path }` and `{ env: NAME }`. */
import { resolve } from 'node:path'
import { readTextFile, TextFileError } from './text-file.ts'

/** Has one of the two. */
interface SecretReference {
  readonly file?: string | undefined
  readonly env?: string | undefined
}

/** Thrown when a referenced text cannot be had. The message names the file or variable, never its content. */
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
}

/** Makes the reader for one configuration. It has read no file yet. */
export function createSecretReader({ folder, env }: SecretReaderOptions): SecretReader {
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
      return readSecretFile(path)
    }
  }
}

function readSecretFile(path: string): string {
  let text: string
  try {
    text = readTextFile(path)
  } catch (error) {
    if (!(error instanceof TextFileError)) throw error
    throw new SecretError(`cannot read ${path} (${error.message})`)
  }
  // Editors and `kubectl create secret` leave one line end behind; it is never part of what was meant.
  const trimmed = text.replace(/\r?\n$/, '')
  if (trimmed === '') throw new SecretError(`${path} is empty`)
  return trimmed
}
