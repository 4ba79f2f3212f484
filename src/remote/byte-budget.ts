/** The bytes that all bodies and replies hold in memory: a limit for them, and the bodies that are cut once it is reached. */
import { type Blocks, createBlocks } from './byte-collector.ts'
import { addTo, type Listed, NOWHERE, removeFrom } from './unordered-list.ts'

/** The bytes of one body or reply. */
export interface Account extends Listed {
  /** Bytes that count for it now. */
  bytes: number
  /** When it began to wait for the rest of its bytes, by the budget's clock. Undefined for a complete body, or one that is never cut. */
  waitsSince: number | undefined
  /** Ends the body to make room for others. Undefined for a body that is never cut. */
  readonly cut: (() => void) | undefined
}

/**
 * Makes an account that holds nothing yet.
 * @param cut ends the body to make room for others; left out for a body that is never cut
 */
export function createAccount(cut?: () => void): Account {
  return { bytes: 0, waitsSince: undefined, cut, place: NOWHERE }
}

export interface ByteBudget {
  /** Memory for bodies that come in several pieces. */
  readonly blocks: Blocks
  /** How many bytes are held. */
  readonly held: () => number
  /**
   * An unfinished body: from now on it may be cut.
   * @param since from when its speed counts. Default: now; minus infinity makes it one of the slowest
   */
  readonly watch: (account: Account, since?: number) => void
  /** The body is complete: it is no longer cut. It holds its bytes until they are released. */
  readonly finish: (account: Account) => void
  /**
   * Changes the bytes of an account. Where the limit does not allow it, the slowest unfinished bodies are cut.
   * @returns false where there is no room even so; the account stays as it was
   */
  readonly resize: (account: Account, bytes: number) => boolean
  /**
   * Counts the unsent rest of an answer, as an unfinished body, until the account is closed.
   * @param cut ends the connection to make room for others; called at once where there is no room even so
   */
  readonly holdUnsent: (bytes: number, cut: () => void) => Account
  /** Releases all bytes of an account, once, however often it is called. */
  readonly close: (account: Account) => void
  /** Releases the bytes of a finished body. */
  readonly release: (bytes: number) => void
  readonly setLimit: (bytes: number) => void
}

export interface ByteBudgetOptions {
  readonly limitBytes: number
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number
  /** Called for each body that was cut, and for each body or reply that there was no room for. */
  readonly onFull: (outcome: 'cut' | 'rejected') => void
  /** Called from time to time while much is held and more arrives: the pieces that it came in are garbage by then. */
  readonly onPressure?: (() => void) | undefined
}

/** The share of unfinished bodies in the limit. The rest is for complete ones, so slow clients cannot lock them out. */
export const UNFINISHED_SHARE = 1 / 4
/** How much is made free at once, as a part of the limit: a search for the slowest costs as much as there are unfinished bodies. */
const FREED_SHARE = 1 / 32
/** From this part of the limit on, there is pressure, again after this many bytes. */
const PRESSURE_SHARE = 1 / 8
const PRESSURE_BYTES = 4 * 1024 ** 2

/** Makes the budget of a process. */
export function createByteBudget(options: ByteBudgetOptions): ByteBudget {
  const { limitBytes, now, onFull, onPressure } = options
  let limit = limitBytes
  let held = 0
  /** The bytes of unfinished bodies, which are a part of those held. */
  let waiting = 0
  let arrived = 0
  const unfinished: Account[] = []

  /** Cuts the slowest bodies until so many bytes are free. */
  function makeRoom(needed: number, forWhom: Account): boolean {
    const others = unfinished.filter((account) => account !== forWhom)
    const most = others.reduce((sum, { bytes }) => sum + bytes, 0)
    // Where all of them together hold too little, cutting them would not help.
    if (most < needed) return false
    const time = now()
    const speed = ({ bytes, waitsSince = time }: Account) => bytes / (time - waitsSince + 1)
    others.sort((one, other) => speed(one) - speed(other))
    const goal = held - needed - limit * FREED_SHARE
    for (const account of others) {
      if (held <= goal) break
      close(account)
      onFull('cut')
      account.cut?.()
    }
    return true
  }

  function finish(account: Account): void {
    if (account.waitsSince === undefined) return
    account.waitsSince = undefined
    removeFrom(unfinished, account)
    waiting -= account.bytes
  }

  function close(account: Account): void {
    finish(account)
    held -= account.bytes
    account.bytes = 0
  }

  function notePressure(bytes: number): void {
    arrived += bytes
    if (arrived < PRESSURE_BYTES) return
    arrived = 0
    if (held > limit * PRESSURE_SHARE) onPressure?.()
  }

  function watch(account: Account, since = now()): void {
    if (account.waitsSince !== undefined) return
    account.waitsSince = since
    addTo(unfinished, account)
    waiting += account.bytes
  }

  function resize(account: Account, bytes: number): boolean {
    const more = bytes - account.bytes
    const isWaiting = account.waitsSince !== undefined
    const needed = Math.max(
      held + more - limit,
      isWaiting ? waiting + more - limit * UNFINISHED_SHARE : 0
    )
    if (more > 0 && needed > 0 && !makeRoom(needed, account)) {
      onFull('rejected')
      return false
    }
    held += more
    if (isWaiting) waiting += more
    account.bytes = bytes
    if (more > 0) notePressure(more)
    return true
  }

  return {
    blocks: createBlocks(2 * limitBytes * FREED_SHARE),
    held: () => held,
    watch,
    finish,
    resize,
    holdUnsent(bytes, cut) {
      const account = createAccount(cut)
      watch(account)
      // One answer may be larger than the share of unfinished bodies.
      if (!resize(account, Math.min(bytes, limit * UNFINISHED_SHARE))) {
        close(account)
        cut()
      }
      return account
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
