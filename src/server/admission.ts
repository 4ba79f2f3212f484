/** Which requests are worked on while the process has more to do than it can: the rest is rejected before it costs anything. */

/** Decides about requests. It is asked for each one, so that it counts and does nothing else. */
export interface Admission {
  /** Whether a request may be worked on. */
  readonly admit: () => boolean
  /** Takes one measurement. Has to be called every {@link SAMPLE_MS}; it is the delay of these calls that is measured. */
  readonly sample: () => void
  /** The share of requests that are admitted now. */
  readonly share: () => number
  /** How many requests were rejected so far. */
  readonly rejected: () => number
  /** @param delayMs undefined to admit all requests from now on */
  readonly setTarget: (delayMs: number | undefined) => void
}

export interface AdmissionOptions {
  /** How late the event loop may be before requests are rejected. Undefined: none is rejected. */
  readonly targetMs: number | undefined
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number
}

export const SAMPLE_MS = 20
/**
 * The share changes once in this time, by the shortest delay in it (as CoDel judges queues, RFC 8289): a pause of the garbage collector or
 * a burst delays one sample, and only a queue that stays delays all of them.
 */
const WINDOW_MS = 200
/** Less is admitted at once, and more step by step (additive increase, multiplicative decrease, as TCP does it). */
const DECREASE = 0.85
const INCREASE = 0.05
/** What rejecting a request costs as a part of admitting it: reading its header and writing a prepared answer. */
const REJECT_COST = 1 / 5
/** What may be spent on rejecting. Clients that ask again at once could take all of the processor, and nobody would be served. */
const REJECTING_SHARE = 0.08

/** With fewer requests a second, the delay is not theirs: large bodies come in, the machine is busy with something else, or the process was paused. */
const LEAST_ADMITTED_A_SECOND = 250

/** Makes the decision of one process. All requests are admitted at first. */
export function createAdmission({ targetMs, now }: AdmissionOptions): Admission {
  let target = targetMs
  let share = 1
  let credit = 0
  let rejected = 0
  let sampledAt = now()
  let windowStart = sampledAt
  let shortestMs = Number.POSITIVE_INFINITY
  let rejectedBefore = 0
  let admitted = 0
  let isLate = false

  function adapt(time: number): void {
    const rejecting = (rejected - rejectedBefore) * REJECT_COST
    const mayReject = rejecting <= REJECTING_SHARE * (rejecting + admitted)
    const isTheirs = (admitted * 1000) / (time - windowStart) >= LEAST_ADMITTED_A_SECOND
    const wasLate = isLate
    isLate = target !== undefined && shortestMs > target && isTheirs
    // One late window is a burst, such as of what had to wait for something else.
    share = isLate && wasLate && mayReject ? share * DECREASE : Math.min(1, share + INCREASE)
    admitted = 0
    windowStart = time
    shortestMs = Number.POSITIVE_INFINITY
    rejectedBefore = rejected
  }

  return {
    admit() {
      if (share === 1) {
        admitted++
        return true
      }
      // Spread evenly, without randomness: of a share of 0.25 it is each fourth.
      credit += share
      if (credit >= 1) {
        credit -= 1
        admitted++
        return true
      }
      rejected++
      return false
    },
    sample() {
      const time = now()
      shortestMs = Math.min(shortestMs, time - sampledAt - SAMPLE_MS)
      sampledAt = time
      if (time - windowStart >= WINDOW_MS) adapt(time)
    },
    share: () => share,
    rejected: () => rejected,
    setTarget(delayMs) {
      target = delayMs
      if (delayMs === undefined) share = 1
    }
  }
}
