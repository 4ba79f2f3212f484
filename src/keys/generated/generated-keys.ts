/** Keys that the service makes and rotates itself, in a directory that replicas may share. */
import type { Log } from '../../log-messages.ts'
import type { Algorithm, Key } from '../key.ts'
import { KeyError } from '../key-error.ts'
import type { KeySource } from '../key-source.ts'
import { type StartTimer, startUnreferencedTimer } from '../timer.ts'
import { createKeyDirectory, type GeneratedKey } from './key-directory.ts'
import { createKeyKeeper } from './key-keeper.ts'
import { planRotation, type RotationPlan, type RotationSettings } from './rotation-plan.ts'

const LEAST_PUBLISH_AHEAD_MS = 1000
/** A key that was deleted by hand is noticed this soon at the latest. */
const LONGEST_PAUSE_MS = 60 * 60 * 1000

export interface GeneratedKeyOptions extends RotationSettings {
  readonly alg: Algorithm
  /** The name of the source in routes. Its keys have their own kids. */
  readonly name?: string | undefined
  /** The `typ` of the tokens that the keys sign. Default `JWT` (RFC 7519, section 5.1). */
  readonly typ?: string | undefined
  /** The kids of its keys; see `formatKeyFile`. Default: their thumbprints. */
  readonly kidPattern?: string | undefined
  /** Created if it is missing. */
  readonly dir: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly log: Pick<Log, 'info' | 'warn'>
  /** Whether the directory is only read: keys are neither made nor removed. Default: false. */
  readonly isReadOnly?: boolean | undefined
  /** Default: setTimeout, which does not keep the process running. */
  readonly startTimer?: StartTimer
}

/** The answers of the source, as long as the keys stay the same and the plan is valid. */
interface Answers {
  readonly keys: readonly GeneratedKey[]
  readonly plan: RotationPlan<GeneratedKey>
  readonly verificationKeys: readonly Key[]
  readonly publishedKeys: readonly Key[]
}

/**
 * Makes the source. It has no keys until it is started, and rotates them until it is closed.
 * @throws KeyError when the times contradict each other
 */
export function createGeneratedKeySource(options: GeneratedKeyOptions): KeySource {
  assertTimes(options)
  const { alg, name, typ, dir, publishAheadMs, now, startTimer = startUnreferencedTimer } = options
  const directory = createKeyDirectory({ dir, alg, typ, now })
  const keeper = createKeyKeeper({ ...options, directory })
  const pauseMs = Math.min(publishAheadMs / 4, LONGEST_PAUSE_MS)
  let answers = answerAt(now())
  let cancelTimer: (() => void) | undefined
  let closed = false

  function answerAt(time: number): Answers {
    const keys = keeper.keys()
    const plan = planRotation(time, keys, options)
    const verificationKeys = plan.live.map(({ key }) => key)
    const publishedKeys = verificationKeys.filter(({ publicJwk }) => publicJwk !== undefined)
    return { keys, plan, verificationKeys, publishedKeys }
  }

  function currentAnswers(time: number): Answers {
    const { keys, plan } = answers
    if (keys !== keeper.keys() || time < plan.from || time >= plan.until) answers = answerAt(time)
    return answers
  }

  function waitForNext(): void {
    if (closed) return
    const time = now()
    cancelTimer = startTimer(
      async function keepUpAndWait() {
        await keeper.keepUp()
        waitForNext()
      },
      Math.min(currentAnswers(time).plan.until - time, pauseMs)
    )
  }

  return {
    name,
    signingKey: (time) => currentAnswers(time).plan.signing?.key,
    verificationKeys: (time) => currentAnswers(time).verificationKeys,
    publishedKeys: (time) => currentAnswers(time).publishedKeys,
    changesAt(time) {
      const { publishedKeys, plan } = currentAnswers(time)
      return publishedKeys.length === 0 ? Number.POSITIVE_INFINITY : plan.changesAt
    },
    async refreshForKid(kid) {
      if (!keeper.keys().some(({ key }) => key.kid === kid)) await keeper.refresh()
    },
    async start() {
      await keeper.start()
      if (options.isReadOnly !== true) waitForNext()
    },
    close() {
      closed = true
      cancelTimer?.()
    }
  }
}

function assertTimes({ rotateEveryMs, publishAheadMs, longestLifetimeMs }: RotationSettings): void {
  if (!(publishAheadMs >= LEAST_PUBLISH_AHEAD_MS)) {
    throw new KeyError(
      `publishAhead is ${publishAheadMs} ms, expected at least ${LEAST_PUBLISH_AHEAD_MS} ms`
    )
  }
  if (!(rotateEveryMs > publishAheadMs)) {
    throw new KeyError(
      `rotateEvery is ${rotateEveryMs} ms, expected more than publishAhead (${publishAheadMs} ms)`
    )
  }
  if (!(longestLifetimeMs >= 0 && longestLifetimeMs < Number.POSITIVE_INFINITY)) {
    throw new KeyError('tokens that never expire cannot be signed with keys that rotate')
  }
}
