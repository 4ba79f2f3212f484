import { mkdir, mkdtemp, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { createFileWatch } from '../../src/config/watch.ts'
import { eventually, settled } from '../helpers/eventually.ts'

const INTERVAL_MS = 20

async function startWatch(t: ExecutionContext, files: (folder: string) => string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'txtoken-watch-'))
  let changes = 0
  let signal: () => void = () => undefined
  const watch = createFileWatch({
    intervalMs: INTERVAL_MS,
    onChange() {
      changes++
      signal()
    }
  })
  t.teardown(async () => {
    watch.close()
    await rm(folder, { recursive: true })
  })
  return {
    folder,
    start: () => watch.watch(files(folder)),
    close: watch.close,
    changes: () => changes,
    changed() {
      const change = new Promise<void>((resolve) => {
        signal = resolve
      })
      return settled(change, () => `a change is noticed, after ${changes}`)
    }
  }
}

test('a rewritten file is noticed, once', async (t) => {
  const watched = await startWatch(t, (folder) => [join(folder, 'a')])
  await writeFile(join(watched.folder, 'a'), 'one')
  watched.start()
  const changed = watched.changed()
  await writeFile(join(watched.folder, 'a'), 'two, longer')
  await changed
  await wait(5 * INTERVAL_MS)
  t.is(watched.changes(), 1)
})

test('unchanged files are not reported', async (t) => {
  const watched = await startWatch(t, (folder) => [join(folder, 'a')])
  await writeFile(join(watched.folder, 'a'), 'one')
  watched.start()
  await wait(5 * INTERVAL_MS)
  t.is(watched.changes(), 0)
})

test('the swap of a link above a file is noticed, as Kubernetes changes a ConfigMap', async (t) => {
  const watched = await startWatch(t, (folder) => [join(folder, 'txtoken.yml')])
  const { folder } = watched
  await mkdir(join(folder, 'v1'))
  await mkdir(join(folder, 'v2'))
  await writeFile(join(folder, 'v1', 'txtoken.yml'), 'one')
  await writeFile(join(folder, 'v2', 'txtoken.yml'), 'two')
  await symlink('v1', join(folder, '..data'))
  await symlink(join('..data', 'txtoken.yml'), join(folder, 'txtoken.yml'))
  watched.start()
  const changed = watched.changed()
  await symlink('v2', join(folder, '..data_tmp'))
  await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  await changed
  t.is(watched.changes(), 1)
})

test('a file that is removed and comes back is noticed', async (t) => {
  const watched = await startWatch(t, (folder) => [join(folder, 'a')])
  await writeFile(join(watched.folder, 'a'), 'one')
  watched.start()
  const gone = watched.changed()
  await rm(join(watched.folder, 'a'))
  await gone
  const back = watched.changed()
  await writeFile(join(watched.folder, 'a'), 'one')
  await back
  t.is(watched.changes(), 2)
})

test('nothing is reported once the watch is closed', async (t) => {
  const watched = await startWatch(t, (folder) => [join(folder, 'a')])
  watched.start()
  watched.close()
  await writeFile(join(watched.folder, 'a'), 'one')
  await wait(5 * INTERVAL_MS)
  t.is(watched.changes(), 0)
})

test('a file system that is slower than the interval is polled by one look at a time', async (t) => {
  let looks = 0
  let most = 0
  const watch = createFileWatch({
    intervalMs: INTERVAL_MS,
    onChange: () => t.fail(),
    async stat(file) {
      most = Math.max(most, ++looks)
      await wait(5 * INTERVAL_MS)
      looks--
      return stat(file)
    }
  })
  t.teardown(watch.close)
  watch.watch([import.meta.filename])
  await wait(20 * INTERVAL_MS)
  t.is(most, 1)
})

test('a look that is under way reports nothing once the watch is closed', async (t) => {
  const watched = await startWatch(t, (folder) => [join(folder, 'a')])
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let looks = 0
  const watch = createFileWatch({
    intervalMs: INTERVAL_MS,
    onChange: () => t.fail(),
    async stat(file) {
      if (++looks > 1) await held
      return stat(file)
    }
  })
  const file = join(watched.folder, 'a')
  watch.watch([file])
  await writeFile(file, 'new')
  await eventually(() => looks === 2)
  watch.close()
  release()
  await wait(2 * INTERVAL_MS)
  t.pass()
})
