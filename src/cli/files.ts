/** Files that commands read and write. Only the owner can read written files, and they replace another file only with `--force`. */
import { readFileSync } from 'node:fs'
import { placeFile } from '../durable-file.ts'
import { cleanText } from '../settings/clean-text.ts'
import { toPemText } from '../settings/key-text.ts'
import { describeFileError } from '../settings/text-file.ts'
import { CommandError } from './command.ts'

/**
 * Reads a file that the command line names: a key, as the configuration reads one.
 * @throws CommandError
 */
export function readNamedFile(path: string): string {
  try {
    const bytes = readFileSync(path)
    return toPemText(bytes) ?? cleanText(bytes.toString('utf8'))
  } catch (error) {
    throw new CommandError(`cannot read ${path} (${describeFileError(error)})`)
  }
}

interface WriteOptions {
  /** Whether it replaces an existing file. */
  readonly overwrite: boolean
  /** Reports that it was written. */
  readonly report: (message: string) => void
}

/** @throws CommandError */
export async function writeSecretFile(
  path: string,
  text: string,
  { overwrite, report }: WriteOptions
): Promise<void> {
  let isPlaced: boolean
  try {
    isPlaced = await placeFile(path, text, { overwrite })
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const reason = isMissing ? 'no such folder' : describeFileError(error)
    throw new CommandError(`cannot write ${path} (${reason})`)
  }
  if (!isPlaced) throw new CommandError(`${path} exists already; --force overwrites it`)
  report(`wrote ${path}`)
}
