/** A folder that is gone after the test. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lifetime } from './lifetime.ts'

export async function createTemporaryFolder(t: Lifetime): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'txtoken-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}
