/** Real files in a folder of their own. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Lifetime } from './lifetime.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

/** Writes files, by their names, into a new folder that ends with the test. */
export async function writeFiles(
  t: Lifetime,
  files: Readonly<Record<string, string | Uint8Array>> = {}
): Promise<string> {
  const folder = await createTemporaryFolder(t)
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return folder
}

/** Writes a configuration into a folder that ends with the test. */
export async function writeConfig(t: Lifetime, config: string): Promise<string> {
  return join(await writeFiles(t, { 'txtoken.yml': config }), 'txtoken.yml')
}
