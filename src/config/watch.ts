/** Notices that files have changed. */
import { stat } from 'node:fs/promises'

export interface FileWatch {
  /** Watches these files from now on, in place of those before. */
  readonly watch: (files: readonly string[]) => Promise<void>
  readonly close: () => void
}

export interface FileWatchOptions {
  /** How often to look. A change is told when two looks in a row agree on it, so that no half-written file is read. */
  readonly intervalMs: number
  readonly onChange: () => void
}

/**
 * Looks at files by the clock. The operating system's own notices get lost on network file systems, and follow the name of a
 * file rather than the links behind it, which is where Kubernetes swaps the files of a ConfigMap.
 */
export function createFileWatch({ intervalMs, onChange }: FileWatchOptions): FileWatch {
  let files: readonly string[] = []
  let known = ''
  let suspected = ''

  async function look(): Promise<void> {
    const seen = await fingerprint(files)
    if (seen !== known && seen === suspected) {
      known = seen
      onChange()
    }
    suspected = seen
  }

  const timer = setInterval(() => void look(), intervalMs)
  timer.unref()

  return {
    async watch(next) {
      files = next
      known = suspected = await fingerprint(next)
    },
    close: () => clearInterval(timer)
  }
}

async function fingerprint(files: readonly string[]): Promise<string> {
  const marks = await Promise.all(
    files.map(async (file) => {
      try {
        const { ino, size, mtimeMs } = await stat(file)
        return `${ino} ${size} ${mtimeMs}`
      } catch {
        return 'missing'
      }
    })
  )
  return marks.join('\n')
}
