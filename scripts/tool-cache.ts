/** The cache of programs and packages that the tests need and this project does not ship: outside of the checkout, by version. */
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'txtoken-tools')

/**
 * Fills a folder of the cache once; later calls, also of other checkouts, find it there.
 * @param name of the folder: it has the version of its content, or a digest of its sources
 * @param fill writes the content into the given empty folder
 * @returns the folder, which is complete
 * @throws what `fill` throws; then nothing is kept
 */
export async function cachedFolder(
  name: string,
  fill: (folder: string) => Promise<void>
): Promise<string> {
  const folder = join(CACHE, name)
  if (await exists(folder)) return folder
  await mkdir(CACHE, { recursive: true })
  // Another process may fill the same folder: the first complete one wins.
  const unfinished = await mkdtemp(`${folder}-`)
  try {
    await fill(unfinished)
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (!(await exists(folder))) throw error
  }
  return folder
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}
