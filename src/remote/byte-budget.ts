/** The bytes that bodies and replies hold in memory, all together: a limit for them, and who makes room once it is reached. */

/** What one body or reply holds. */
export interface Account {
  /** Bytes that count for it now. */
  bytes: number
  /** When it began to wait for more of its bytes, by the budget's clock. */
  waitsSince: number
  /** Ends the body to make room for others. Undefined for what cannot be cut. */
  readonly cut: (() => void) | undefined
}

export interface ByteBudget {
  /** How many bytes are held. */
  readonly held: () => number
  /**
   * Changes what an account holds. Where the limit does not allow it, the slowest unfinished bodies are cut.
   * @returns false where there is no room even so; the account stays as it was
   */
  readonly resize: (account: Account, bytes: number) => boolean
  /** A body that is not whole yet: from now on it may be cut. */
  readonly watch: (account: Account) => void
  /** The body is whole: it is cut no more. It holds its bytes until they are released. */
  readonly finish: (account: Account) => void
  /** Gives back all that an account holds, once, however often it is called. */
  readonly close: (account: Account) => void
  /** Gives back the bytes of a body that has been finished. */
  readonly release: (bytes: number) => void
  readonly setLimit: (bytes: number) => void
}

export interface ByteBudgetOptions {
  readonly limitBytes: number
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number
  /** Called for each body that was cut, and for each body or reply that there was no room for. */
  readonly onFull: (outcome: 'cut' | 'rejected') => void
}

/** How much is made free at once, as a part of the limit: a search for the slowest costs as much as there are unfinished bodies. */
const FREED_SHARE = 1 / 16

/** Makes the budget of a process. */
export function createByteBudget({ limitBytes, now, onFull }: ByteBudgetOptions): ByteBudget {
  let limit = limitBytes
  let held = 0
  const unfinished = new Set<Account>()

  function makeRoom(bytes: number, forWhom: Account): boolean {
    const others = [...unfinished].filter((account) => account !== forWhom)
    const cuttable = others.reduce((sum, account) => sum + account.bytes, 0)
    // Where the bodies that are whole take all, cutting the others would help nobody.
    if (held - cuttable + bytes > limit) return false
    const time = now()
    const bytesPerMs = ({ bytes, waitsSince }: Account) => bytes / (time - waitsSince + 1)
    others.sort((one, other) => bytesPerMs(one) - bytesPerMs(other))
    const most = limit - bytes - limit * FREED_SHARE
    for (const account of others) {
      if (held <= most) break
      close(account)
      onFull('cut')
      account.cut?.()
    }
    return held + bytes <= limit
  }

  function close(account: Account): void {
    if (account.waitsSince !== 0) unfinished.delete(account)
    held -= account.bytes
    account.bytes = 0
  }

  return {
    held: () => held,
    resize(account, bytes) {
      const more = bytes - account.bytes
      if (more > 0 && held + more > limit && !makeRoom(more, account)) {
        onFull('rejected')
        return false
      }
      held += more
      account.bytes = bytes
      return true
    },
    watch(account) {
      if (account.waitsSince !== 0) return
      account.waitsSince = now()
      unfinished.add(account)
    },
    finish(account) {
      if (account.waitsSince !== 0) unfinished.delete(account)
    },
    close,
    release(bytes) {
      held -= bytes
    },
    setLimit(bytes) {
      limit = bytes
    }
  }
}
