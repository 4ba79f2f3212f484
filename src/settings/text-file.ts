/** Text files of a configuration: in UTF-8, and of a plausible size. */
import { closeSync, openSync, readSync } from 'node:fs'
import { toPemText } from './key-text.ts'

/** A device has no end, and a log file given by mistake has a far one. */
const MOST_BYTES = 1024 ** 2

/** Fatal: replacement characters would turn many secrets into the same one. Drops a byte order mark. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Thrown for a file that is not text or cannot be read. The message is the reason alone, for a sentence with the name of the file. */
export class TextFileError extends Error {
  override readonly name = 'TextFileError'
}

/** Reads a text file by its path. Throws a TextFileError. */
export type ReadText = (path: string) => string

/**
 * Reads a file. The DER of a key or certificate is returned as PEM, since it is meant as one.
 * @throws TextFileError
 */
export function readTextFile(path: string): string {
  const bytes = readBytes(path)
  if (bytes.length > MOST_BYTES) throw new TextFileError('larger than 1 MiB')
  try {
    return utf8.decode(bytes)
  } catch {
    const pem = toPemText(bytes)
    if (pem !== undefined) return pem
    throw new TextFileError('not text in UTF-8')
  }
}

/** Reads until the end, or until the file is too large. */
function readBytes(path: string): Buffer {
  const buffer = Buffer.alloc(MOST_BYTES + 1)
  let length = 0
  try {
    const file = openSync(path, 'r')
    try {
      for (let count = 1; count > 0 && length < buffer.length; length += count) {
        count = readSync(file, buffer, length, buffer.length - length, null)
      }
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw new TextFileError(describeFileError(error))
  }
  return buffer.subarray(0, length)
}

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'is a folder',
  EEXIST: 'is a file',
  EACCES: 'permission denied',
  EROFS: 'read-only file system'
}

/** Words for an error of the operating system about a file. Of others the code: their messages have nothing more. */
export function describeFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  return FILE_ERRORS[code] ?? code
}
