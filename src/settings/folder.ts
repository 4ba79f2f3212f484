/** Folders that the service writes to: whether they can be used. */
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describeFileError } from './text-file.ts'

const EXTENSIBLE = constants.W_OK | constants.X_OK
const USABLE = constants.R_OK | EXTENSIBLE

/** What to fix, for the end of a message about a folder that cannot be used. */
export const FOLDER_EXPECTED = 'expected a folder that this user can read and write to'

/**
 * Checks whether a folder can be used, or created where it is missing. It leaves nothing behind.
 * @param mode what is to be possible in it
 * @returns a description of it
 * @throws Error with the place, the reason and what is expected
 */
export async function probeFolder(folder: string, mode = USABLE): Promise<string> {
  try {
    if ((await stat(folder)).isDirectory()) {
      await access(folder, mode)
      return 'can be read and written to'
    }
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isMissing || dirname(folder) === folder) {
      throw new Error(`${folder}: ${describeFileError(error)}, ${FOLDER_EXPECTED}`)
    }
    await probeFolder(dirname(folder), EXTENSIBLE)
    return 'is missing, and can be created'
  }
  throw new Error(`${folder}: is a file, ${FOLDER_EXPECTED}`)
}
