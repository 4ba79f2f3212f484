/** Files that commands write: for their owner alone, and no other file is overwritten unasked. */
import { placeFile } from '../durable-file.ts'
import { CommandError } from './command.ts'

interface WriteOptions {
  /** Whether it takes the place of a file that is there. */
  readonly overwrite: boolean
  /** Says that it was written. */
  readonly tell: (message: string) => void
}

/** @throws CommandError */
export async function writeSecretFile(
  path: string,
  text: string,
  { overwrite, tell }: WriteOptions
): Promise<void> {
  let isPlaced: boolean
  try {
    isPlaced = await placeFile(path, text, { overwrite })
  } catch (error) {
    throw new CommandError(`cannot write ${path} (${(error as NodeJS.ErrnoException).code})`)
  }
  if (!isPlaced) throw new CommandError(`${path} is there already; --force overwrites it`)
  tell(`wrote ${path}`)
}
