/** Real files in a folder of their own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'

/** Writes files, by their names, into a new folder that ends with the test. */
export async function writeFiles(
  t: ExecutionContext,
  files: Readonly<Record<string, string | Uint8Array>> = {}
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'txtoken-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return folder
}
