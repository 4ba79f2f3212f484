/** Files that only their owner may read, and that are complete or absent. */
import { randomUUID } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Modes of files and folders that hold secrets. */
const OWNER_ONLY_FILE = 0o600
export const OWNER_ONLY_FOLDER = 0o700

/**
 * Writes a new file for its owner alone, to the disk.
 * @throws NodeJS.ErrnoException `EEXIST` where there is one already
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', OWNER_ONLY_FILE)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Flushes the names in a folder to the disk. Without this, a file that is in use may be gone after a power failure. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

interface PlaceOptions {
  /** Whether it replaces an existing file. */
  readonly overwrite: boolean
}

/**
 * Writes a file for its owner alone under another name, and renames it once it is complete.
 * @returns false where an existing file must not be overwritten
 */
export async function placeFile(
  path: string,
  text: string,
  { overwrite }: PlaceOptions
): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await writeDurably(temporary, text)
    // A link never replaces a file, as a rename does.
    await (overwrite ? rename(temporary, path) : link(temporary, path))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
  await syncFolder(dirname(path))
  return true
}
