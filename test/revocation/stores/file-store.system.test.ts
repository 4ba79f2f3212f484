/** The folder of the file store after its process was killed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { settled } from '../../helpers/eventually.ts'
import { openFileStore } from '../../helpers/file-store.ts'
import { createTemporaryFolder } from '../../helpers/temporary-folder.ts'

const WRITER = fileURLToPath(new URL('../../helpers/revoke-without-end.ts', import.meta.url))

test('every acknowledged revocation is there after kill -9 in the middle of writing', async (t) => {
  const folder = join(await createTemporaryFolder(t), 'revoked')
  const acknowledged: string[] = []
  for (const round of ['first', 'second', 'third']) {
    acknowledged.push(...(await revokeUntilKilled(t, folder, round)))
  }
  const { held } = await openFileStore(t, folder, Date.now)
  const found = new Set(held.map(({ revoked }) => (revoked.kind === 'token' ? revoked.jti : '')))
  t.log(`${acknowledged.length} acknowledged, ${found.size} found`)
  t.deepEqual(
    acknowledged.filter((jti) => !found.has(jti)),
    []
  )
})

/** Lets a process write until it has acknowledged some, and kills it in the middle of more. */
async function revokeUntilKilled(
  t: ExecutionContext,
  folder: string,
  name: string
): Promise<string[]> {
  const child = spawn(process.execPath, ['--import=tsx', WRITER, folder, name], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => child.kill('SIGKILL'))
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (text.split('\n').length > 200 && !child.killed) child.kill('SIGKILL')
  })
  await settled(once(child, 'close'), () => `200 are acknowledged, after ${text}`)
  // The last line may have been cut.
  return text.split('\n').slice(0, -1)
}
