/** Writes to the database of the file store. A write that could be lost is not acknowledged. */

/** A database that can be closed and opened again. */
interface Reopened {
  readonly close: () => Promise<void>
  readonly open: () => Promise<void>
}

export interface FileWrites {
  /**
   * Runs a write.
   * @throws its error, the error of a concurrent write, or the error of reopening the database
   */
  readonly write: (operation: () => Promise<void>) => Promise<void>
  /** Waits until the database is not being opened. None is opened after it. */
  readonly close: () => Promise<void>
}

/**
 * A write that fails, as on a full disk, may leave half of an entry in the file that LevelDB writes to. LevelDB writes on behind it, and
 * drops what is there when it reads the file again. So after a failed write the database is opened anew, which begins a new file, before
 * anything else is written.
 */
export function createFileWrites({ close, open }: Reopened): FileWrites {
  const inFlight = new Set<Promise<void>>()
  let isBroken = false
  let isClosed = false
  let reopening: Promise<void> | undefined

  async function reopen(): Promise<void> {
    await Promise.allSettled(inFlight)
    if (isClosed) throw new Error('the store is closed')
    await close()
    await open()
    isBroken = false
  }

  async function write(operation: () => Promise<void>): Promise<void> {
    if (isBroken) {
      reopening ??= reopen().finally(() => {
        reopening = undefined
      })
      await reopening
    }
    const writing = operation()
    inFlight.add(writing)
    try {
      await writing
    } catch (error) {
      isBroken = true
      throw error
    } finally {
      inFlight.delete(writing)
    }
    // One of these may be before it in the file, and fail.
    await Promise.allSettled(inFlight)
    if (isBroken) throw new Error('another write failed at the same time')
  }

  return {
    write,
    async close() {
      isClosed = true
      await reopening?.catch(() => undefined)
    }
  }
}
