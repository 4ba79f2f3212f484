import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { pino } from 'pino'
import { createGeneratedKeySource } from '../../../src/keys/generated/generated-keys.ts'
import type { KeySource } from '../../../src/keys/key-source.ts'
import { createFakeClock } from '../../helpers/fake-clock.ts'
import { createTemporaryFolder } from '../../helpers/temporary-folder.ts'
import { signToken, verifyToken } from '../../helpers/token-check.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.parse('2026-01-01T00:00:00Z')
const STEP = 7 * HOUR
const ROTATE_EVERY = 7 * DAY
const PUBLISH_AHEAD = 6 * HOUR
const LIFETIME = 3 * DAY
/** How far each replica's clock is off. */
const OFFSETS = [-3 * MINUTE, 2 * MINUTE]
const CLOCK_DIFFERENCE = 5 * MINUTE

interface Replica {
  readonly now: () => number
  source: KeySource
  /** The value that it returned last. */
  published: string
  promisedChangeAt: number
}

/** Checks the invariants of all replicas after each event. */
function createObserver(t: ExecutionContext, trueTime: () => number) {
  const publishedByAllAt = new Map<string, number>()
  const signedFirstAt = new Map<string, number>()

  return {
    signedFirstAt,
    observe(replicas: readonly Replica[]): void {
      const sets = replicas.map((replica) => new Set(kidsOf(replica)))
      for (const kid of sets.flatMap((kids) => [...kids])) {
        if (!publishedByAllAt.has(kid) && sets.every((kids) => kids.has(kid))) {
          publishedByAllAt.set(kid, trueTime())
        }
      }
      for (const replica of replicas) {
        const kid = replica.source.signingKey(replica.now())?.kid ?? t.fail('no key signs')
        if (!signedFirstAt.has(kid)) {
          const published = publishedByAllAt.get(kid) ?? t.fail('a key signs that is not published')
          const ahead = trueTime() - published
          t.true(signedFirstAt.size === 0 || ahead >= PUBLISH_AHEAD - 2 * CLOCK_DIFFERENCE)
          signedFirstAt.set(kid, trueTime())
        }
        assertPromiseKept(t, replica)
      }
    }
  }
}

/** The published keys change at the announced time, earlier only by as much as the clocks differ. */
function assertPromiseKept(t: ExecutionContext, replica: Replica): void {
  const now = replica.now()
  const published = kidsOf(replica).join()
  if (published === replica.published) t.true(now <= replica.promisedChangeAt)
  else t.true(now >= replica.promisedChangeAt - CLOCK_DIFFERENCE)
  replica.published = published
  replica.promisedChangeAt = replica.source.changesAt(now)
}

function kidsOf({ source, now }: Replica): string[] {
  return source.publishedKeys(now()).map(({ kid = '' }) => kid)
}

test('in a year of rotations no valid token is rejected, and no key signs before it was published', async (t) => {
  const dir = join(await createTemporaryFolder(t), 'keys')
  const clock = createFakeClock(START)
  const replicas: Replica[] = []
  const { observe, signedFirstAt } = createObserver(t, clock.now)

  async function startReplica(now: () => number): Promise<Replica> {
    const source = createGeneratedKeySource({
      alg: 'ES256',
      dir,
      rotateEveryMs: ROTATE_EVERY,
      publishAheadMs: PUBLISH_AHEAD,
      longestLifetimeMs: LIFETIME,
      now,
      startTimer: (action, delayMs) =>
        clock.startTimer(async () => {
          await action()
          observe(replicas)
        }, delayMs),
      log: pino({ level: 'warn' }, { write: (line: string) => t.fail(line) })
    })
    t.teardown(() => source.close?.())
    await source.start?.()
    return { now, source, published: '', promisedChangeAt: 0 }
  }

  for (const offset of OFFSETS) {
    replicas.push(await startReplica(() => clock.now() + offset))
  }

  let tokens: { readonly raw: string; readonly endsAt: number }[] = []
  for (let step = 0; clock.now() + STEP < START + 365 * DAY; step++) {
    await clock.advance(STEP)
    // Now and then one of the replicas is stopped for a while.
    if (step % 40 === 38) replicas.shift()?.source.close?.()
    if (step % 40 === 39) {
      const missing = OFFSETS[Math.floor(step / 40) % OFFSETS.length] ?? 0
      replicas.push(await startReplica(() => clock.now() + missing))
    }

    for (const { source, now } of replicas) {
      tokens.push({ raw: await signToken(source, now()), endsAt: now() + LIFETIME })
    }
    for (const { raw, endsAt } of tokens) {
      const isNew = endsAt > clock.now() + LIFETIME - STEP
      const isAtItsEnd = endsAt < clock.now() + STEP
      if (!isNew && !isAtItsEnd) continue
      for (const { source, now } of replicas) {
        if (now() < endsAt) await t.notThrowsAsync(verifyToken(source, now(), raw))
      }
    }
    tokens = tokens.filter(({ endsAt }) => endsAt > clock.now() - CLOCK_DIFFERENCE)
  }

  await clock.advanceTo(START + 365 * DAY)
  t.is(signedFirstAt.size, 53)
  t.deepEqual((await readdir(dir)).sort(), ['ES256-000052.json', 'ES256-000053.json'])
})
