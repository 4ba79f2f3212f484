/** Keeps a directory of generated keys in order: makes the next key in time, and removes those that have expired. */
import type { Log } from '../../log-messages.ts'
import type { Algorithm } from '../key.ts'
import { KeyError } from '../key-error.ts'
import { generateMaterial } from '../material/new-key.ts'
import { formatKeyFile } from './generated-key-file.ts'
import {
  type DirectoryContent,
  describeFailure,
  type GeneratedKey,
  type KeyDirectory
} from './key-directory.ts'
import { nextSignsFrom, planRotation, type RotationSettings } from './rotation-plan.ts'

/** Tokens with a made-up kid cause at most one reading in this time. */
const REFRESH_COOLDOWN_MS = 1000

export interface KeyKeeper {
  /** The keys as last read: a new array after each reading. */
  readonly keys: () => readonly GeneratedKey[]
  /** Reads the directory, unless that was just done. Never rejects: `keepUp` reports problems. */
  readonly refresh: () => Promise<void>
  /**
   * Opens the directory, and makes the first key where there is none.
   * @throws KeyError when there is no key to start with
   */
  readonly start: () => Promise<void>
  /** Does everything that is due. Failures are logged, and retried at the next call. */
  readonly keepUp: () => Promise<void>
}

interface KeyKeeperOptions extends RotationSettings {
  readonly alg: Algorithm
  readonly dir: string
  readonly directory: KeyDirectory
  /** See `formatKeyFile`. */
  readonly kidPattern?: string | undefined
  readonly now: () => number
  /** Whether the directory is only read. Default: false. */
  readonly isReadOnly?: boolean | undefined
  readonly log: Pick<Log, 'info' | 'warn'>
}

/** Makes the keeper of one directory and algorithm. It has no keys until it is started. */
export function createKeyKeeper(options: KeyKeeperOptions): KeyKeeper {
  const { alg, dir, directory, kidPattern, publishAheadMs, longestLifetimeMs, now, log } = options
  let keys: readonly GeneratedKey[] = []
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<unknown> = Promise.resolve()
  let reported: ReadonlySet<string> = new Set()

  /** One reading waits for the other, so that an older one never overwrites what a newer one found. */
  function read(): Promise<DirectoryContent> {
    const done = reading.then(async () => {
      const content = await directory.read()
      keys = content.keys
      return content
    })
    readAt = now()
    reading = done.catch(() => undefined)
    return done
  }

  async function makeNextKey(sequence: number): Promise<void> {
    const material = await generateMaterial(alg)
    const createdAt = now()
    const signsFrom = nextSignsFrom(createdAt, keys, options)
    const text = formatKeyFile(
      alg,
      material,
      { createdAt, signsFrom, longestLifetimeMs },
      kidPattern
    )
    // Delayed further, by a disk or a suspended machine, it would sign before all replicas have published it.
    const deadline = keys.length === 0 ? Number.POSITIVE_INFINITY : createdAt + publishAheadMs / 2
    const isOurs = await directory.add(sequence, text, deadline)
    await read()
    const kid = keys.find((key) => key.sequence === sequence)?.key.kid
    if (isOurs) log.info({ dir, alg, kid, signsFrom: new Date(signsFrom) }, 'made a key')
  }

  async function removeKey({ sequence, key }: GeneratedKey): Promise<void> {
    await directory.removeKey(sequence)
    log.info({ dir, alg, kid: key.kid }, 'removed a key whose last token has expired')
  }

  /** @returns the problems, each as a line for the log */
  async function doWhatIsDue(): Promise<readonly string[]> {
    const problems: string[] = []
    async function attempt(what: string, action: () => Promise<unknown>): Promise<void> {
      try {
        await action()
      } catch (error) {
        problems.push(`${dir}: cannot ${what}: ${describeFailure(error)}`)
      }
    }

    await attempt('read the keys', async () => {
      const { nextSequence, leftovers, problems: found } = await read()
      problems.push(...found, ...keys.filter(isFromTheFuture).map(describeFutureKey))
      const { due, removable } = planRotation(now(), keys, options)
      if (due) await attempt('make the next key', () => makeNextKey(nextSequence))
      for (const key of removable) await attempt('remove a key', () => removeKey(key))
      for (const file of leftovers) {
        await attempt('remove a leftover', () => directory.removeLeftover(file))
      }
    })
    return problems
  }

  function isFromTheFuture({ createdAt }: GeneratedKey): boolean {
    return createdAt > now() + publishAheadMs
  }

  function describeFutureKey({ sequence, createdAt }: GeneratedKey): string {
    const time = new Date(createdAt).toISOString()
    return `${dir}: key ${sequence} was made in the future, at ${time}: is a clock wrong?`
  }

  /** Warns of a problem once, for as long as it lasts. */
  function report(problems: readonly string[]): void {
    for (const problem of problems) {
      if (!reported.has(problem)) log.warn({ dir, alg, problem }, 'generated keys have a problem')
    }
    reported = new Set(problems)
  }

  async function open(): Promise<DirectoryContent> {
    try {
      if (options.isReadOnly !== true) await directory.create()
      return await read()
    } catch (error) {
      throw new KeyError(`${dir}: cannot open the directory: ${describeFailure(error)}`)
    }
  }

  return {
    keys: () => keys,
    async refresh() {
      const ageMs = now() - readAt
      if (ageMs < 0 || ageMs >= REFRESH_COOLDOWN_MS) void read()
      await reading
    },
    async start() {
      const { nextSequence, problems } = await open()
      // A new key beside them would hide that the tokens of the old ones are rejected.
      if (keys.length === 0 && nextSequence > 1) {
        throw new KeyError(`${dir}: no ${alg} key in it can be used: ${problems.join('; ')}`)
      }
      if (options.isReadOnly === true) {
        if (keys.length === 0) throw new KeyError(`${dir}: found no ${alg} key in it`)
        return
      }
      const failures = await doWhatIsDue()
      if (keys.length === 0) throw new KeyError(failures.join('; '))
      report(failures)
    },
    async keepUp() {
      report(await doWhatIsDue())
    }
  }
}
