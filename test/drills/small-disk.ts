/** A file system of a few megabytes, which a drill fills. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { settled } from '../helpers/eventually.ts'
import type { Lifetime } from '../helpers/lifetime.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const SIZE = '4m'

export interface SmallDisk {
  /** Where it is, for programs that run within it. */
  readonly folder: string
  /** The command that runs a program in it. */
  readonly within: readonly string[]
  /** Leaves no byte free. */
  readonly fill: () => Promise<void>
  readonly clear: () => Promise<void>
}

/** Mounts it for one process, and those that enter it: that takes root, or a user namespace. It ends with the drill. */
export async function mountSmallDisk(t: Lifetime): Promise<SmallDisk> {
  const folder = await createTemporaryFolder(t)
  const mount = `mount -t tmpfs -o size=${SIZE} tmpfs ${folder} && echo mounted && exec sleep infinity`
  const holder = spawn('unshare', ['--map-root-user', '--mount', 'sh', '-c', mount], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const closed = once(holder, 'close')
  t.teardown(async () => {
    holder.kill('SIGKILL')
    await closed
  })
  const failed = closed.then(() => Promise.reject(new Error('no file system of its own')))
  failed.catch(() => {})
  await settled(Promise.race([once(holder.stdout, 'data'), failed]), () => 'it is mounted')
  const filler = join(`/proc/${holder.pid}/root`, folder, 'filler')
  return {
    folder,
    within: ['nsenter', `--target=${holder.pid}`, '--user', '--mount', '--preserve-credentials'],
    async fill() {
      // In steps, so that the last byte is taken too.
      for (const bytes of [1 << 16, 1 << 12]) {
        for (let isFull = false; !isFull; ) {
          await writeFile(filler, Buffer.alloc(bytes), { flag: 'a' }).catch(() => {
            isFull = true
          })
        }
      }
    },
    clear: () => rm(filler)
  }
}
