/** Notices that files have changed. */
import { type Stats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'

export interface FileWatch {
  /**
   * Watches these files from now on, in place of those before. To be called as soon as they have been read: what happens
   * to them from then on is noticed.
   */
  readonly watch: (files: readonly string[]) => void
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
    const seen = (await Promise.all(files.map(statMark))).join('\n')
    if (seen !== known && seen === suspected) {
      known = seen
      onChange()
    }
    suspected = seen
  }

  const timer = setInterval(() => void look(), intervalMs)
  timer.unref()

  return {
    watch(next) {
      files = next
      known = suspected = next.map(statMarkSync).join('\n')
    },
    close: () => clearInterval(timer)
  }
}

const MISSING = 'missing'

async function statMark(file: string): Promise<string> {
  try {
    return describeMark(await stat(file))
  } catch {
    return MISSING
  }
}

function statMarkSync(file: string): string {
  try {
    return describeMark(statSync(file))
  } catch {
    return MISSING
  }
}

/** Tells one content of a file from another. */
function describeMark({ ino, size, mtimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs}`
}
