/** Turns of the event loop: only some costly requests start in each. While the queue is too long, further ones are rejected. */

/** How many start in one turn. More at once cost more each: what they hold survives a collection of garbage, and leaves the caches of the processor. */
const STARTS = 16
/** How many rejections are written in one turn. One costs a third of a login, so that they take a seventh of the time at most. */
const REJECTIONS = 8
/**
 * How long a rejection is held. Clients that retry as soon as they have an answer would use up the processor with requests
 * that are rejected: so each connection is rejected 25 times a second at most.
 */
const HELD_MS = 40

/** A request that is ready to start. */
interface Entry {
  /** Starts it. Where it returns false, it cannot start, and is rejected. */
  readonly start: () => boolean
  /** Called in place of `start`, or after it returned false. */
  readonly reject: () => void
}

/** Requests start in the order in which they came. */
export interface Turns {
  /** Starts a request at once, or in a later turn where this one has started enough. */
  readonly enter: (entry: Entry) => void
  /** Rejects a request that cannot start, a while later. */
  readonly hold: (entry: Entry) => void
  /** @param longestMs undefined where none is rejected */
  readonly setLongest: (longestMs: number | undefined) => void
  /** Writes rejections at once from now on. */
  readonly close: () => void
}

export interface TurnsOptions {
  /** While the first in the queue has waited for longer, further requests are rejected. Undefined: none is. */
  readonly longestMs: number | undefined
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number
  /** Calls a function in the next turn of the event loop. */
  readonly nextTurn: (turn: () => void) => void
  /** Calls a function after some milliseconds. */
  readonly later: (turn: () => void, ms: number) => void
}

/** Makes the turns of one process. */
export function createTurns({ longestMs, now, nextTurn, later }: TurnsOptions): Turns {
  const queue = createQueue()
  const held = createQueue()
  let longest = longestMs
  let started = 0
  let isPlanned = false
  let isWaking = false
  let isClosed = false

  function plan(): void {
    if (isPlanned) return
    isPlanned = true
    nextTurn(turn)
  }

  function wakeIn(ms: number): void {
    if (isWaking) return
    isWaking = true
    later(() => {
      isWaking = false
      plan()
    }, ms)
  }

  function turn(): void {
    isPlanned = false
    let first = queue.first()
    for (; first !== undefined && started < STARTS; first = queue.first()) {
      queue.drop()
      start(first)
    }
    if (started > 0) plan()
    started = 0
    if (held.first() !== undefined) writeHeld()
  }

  function start(entry: Entry): void {
    started++
    if (!entry.start()) hold(entry)
  }

  function hold({ start, reject }: Entry): void {
    if (isClosed) reject()
    else {
      held.add({ start, reject, since: now() })
      wakeIn(HELD_MS)
    }
  }

  function writeHeld(): void {
    const due = now() - HELD_MS
    let count = 0
    let first = held.first()
    for (; first !== undefined && first.since <= due && count < REJECTIONS; first = held.first()) {
      held.drop()
      count++
      first.reject()
    }
    if (first === undefined) return
    if (first.since <= due) plan()
    // Timers may be early by a part of a millisecond.
    else wakeIn(first.since - due)
  }

  return {
    enter(entry) {
      plan()
      const first = queue.first()
      if (first === undefined && started < STARTS) return start(entry)
      const time = now()
      if (longest !== undefined && first !== undefined && time - first.since > longest) hold(entry)
      else queue.add({ start: entry.start, reject: entry.reject, since: time })
    },
    hold,
    setLongest(longestMs) {
      longest = longestMs
    },
    close() {
      isClosed = true
      for (let first = held.first(); first !== undefined; first = held.first()) {
        held.drop()
        first.reject()
      }
    }
  }
}

interface Queued extends Entry {
  readonly since: number
}

/** First in, first out. Array.shift would move all that follow. */
function createQueue() {
  let items: (Queued | undefined)[] = []
  let head = 0

  return {
    first: () => items[head],
    add: (item: Queued) => items.push(item),
    drop() {
      items[head++] = undefined
      if (head < items.length / 2) return
      items = items.slice(head)
      head = 0
    }
  }
}
