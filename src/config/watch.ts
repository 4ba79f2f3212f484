/** Notices that files have changed. */
import { type Stats, statSync } from 'node:fs'
import { stat as statFile } from 'node:fs/promises'

export interface FileWatch {
  /**
   * Watches these files from now on, in place of those before. To be called as soon as they have been read: what happens
   * to them from then on is noticed.
   */
  readonly watch: (files: readonly string[]) => void
  readonly close: () => void
}

export interface FileWatchOptions {
  /** How often to look. A change is reported when two looks in a row agree on it, so that no half-written file is read. */
  readonly intervalMs: number
  readonly onChange: () => void
  /** The stat function. Default: from `node:fs/promises`. */
  readonly stat?: ((file: string) => Promise<Stats>) | undefined
}

/**
 * Polls files. The notifications of the operating system get lost on network file systems, and follow the name of a
 * file rather than the links behind it, which is where Kubernetes swaps the files of a ConfigMap.
 */
export function createFileWatch(options: FileWatchOptions): FileWatch {
  const { intervalMs, onChange, stat = statFile } = options
  let files: readonly string[] = []
  let known = ''
  let suspected = ''
  let isLooking = false
  let isClosed = false

  async function look(): Promise<void> {
    // A network file system may take longer than the interval, and two looks at once may report out of order.
    if (isLooking) return
    isLooking = true
    const looked = files
    const seen = (await Promise.all(looked.map(readMark))).join('\n')
    isLooking = false
    if (isClosed || looked !== files) return
    if (seen !== known && seen === suspected) {
      known = seen
      onChange()
    }
    suspected = seen
  }

  async function readMark(file: string): Promise<string> {
    try {
      return describeMark(await stat(file))
    } catch {
      return MISSING
    }
  }

  const timer = setInterval(() => void look(), intervalMs)
  timer.unref()

  return {
    watch(next) {
      files = next
      known = suspected = next.map(statMarkSync).join('\n')
    },
    close() {
      isClosed = true
      clearInterval(timer)
    }
  }
}

const MISSING = 'missing'

function statMarkSync(file: string): string {
  try {
    return describeMark(statSync(file))
  } catch {
    return MISSING
  }
}

/** Differs from one content of a file to another. */
function describeMark({ ino, size, mtimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs}`
}
