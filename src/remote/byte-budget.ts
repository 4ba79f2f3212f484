/** The bytes that bodies and replies hold in memory, all together: a limit for them, and who makes room once it is reached. */
import { type Blocks, createBlocks } from './byte-collector.ts'
import { addTo, type Listed, NOWHERE, removeFrom } from './unordered-list.ts'

/** What one body or reply holds. */
export interface Account extends Listed {
  /** Bytes that count for it now. */
  bytes: number
  /** When it began to wait for the rest of its bytes, by the budget's clock. Undefined for what is whole, or is never cut. */
  waitsSince: number | undefined
  /** Ends the body to make room for others. Undefined for what is never cut. */
  readonly cut: (() => void) | undefined
}

/**
 * Makes an account that holds nothing yet.
 * @param cut ends the body to make room for others; left out for what is never cut
 */
export function createAccount(cut?: () => void): Account {
  return { bytes: 0, waitsSince: undefined, cut, place: NOWHERE }
}

export interface ByteBudget {
  /** Memory for bodies that come in several pieces. */
  readonly blocks: Blocks
  /** How many bytes are held. */
  readonly held: () => number
  /** A body that is not whole yet: from now on it may be cut. */
  readonly watch: (account: Account) => void
  /** The body is whole: it is cut no more. It holds its bytes until they are released. */
  readonly finish: (account: Account) => void
  /**
   * Changes what an account holds. Where the limit does not allow it, the slowest unfinished bodies are cut.
   * @returns false where there is no room even so; the account stays as it was
   */
  readonly resize: (account: Account, bytes: number) => boolean
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
  /** Called from time to time while much is held and more arrives: the pieces that it came in are garbage by then. */
  readonly onPressure?: (() => void) | undefined
}

/** What unfinished bodies may take, as a part of the limit. The rest is for those that are whole, so nobody can lock them out by being slow. */
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
    // Where all of them together hold too little, cutting them would help nobody.
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

  return {
    blocks: createBlocks(2 * limitBytes * FREED_SHARE),
    held: () => held,
    watch(account) {
      if (account.waitsSince !== undefined) return
      account.waitsSince = now()
      addTo(unfinished, account)
      waiting += account.bytes
    },
    finish,
    resize(account, bytes) {
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
