import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose'
import { type Logger, pino } from 'pino'
import {
  createGeneratedKeySource,
  type GeneratedKeyOptions
} from '../../../src/keys/generated/generated-keys.ts'
import { ALGORITHMS } from '../../../src/keys/key.ts'
import { KeyError } from '../../../src/keys/key-error.ts'
import type { KeySource } from '../../../src/keys/key-source.ts'
import { createFakeClock, type FakeClock } from '../../helpers/fake-clock.ts'
import { createTemporaryFolder } from '../../helpers/temporary-folder.ts'
import { signToken, verifyToken } from '../../helpers/token-check.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.parse('2026-01-31T12:00:00Z')

interface Replica {
  readonly source: KeySource
  readonly warnings: string[]
  readonly news: string[]
}

interface Shared {
  readonly dir: string
  readonly clock: FakeClock
}

async function createShared(t: ExecutionContext): Promise<Shared> {
  return {
    dir: join(await createTemporaryFolder(t), 'keys'),
    clock: createFakeClock(START)
  }
}

/** A source of keys that rotate each week, are published an hour ahead and sign tokens that last a day. */
function createReplica(
  t: ExecutionContext,
  { dir, clock }: Shared,
  options: Partial<GeneratedKeyOptions> = {}
): Replica {
  const warnings: string[] = []
  const news: string[] = []
  const source = createGeneratedKeySource({
    alg: 'ES256',
    dir,
    rotateEveryMs: 7 * DAY,
    publishAheadMs: HOUR,
    longestLifetimeMs: DAY,
    now: clock.now,
    startTimer: clock.startTimer,
    log: createLog(warnings, news),
    ...options
  })
  t.teardown(() => source.close?.())
  return { source, warnings, news }
}

function createLog(warnings: string[], news: string[]): Logger {
  function write(line: string): void {
    const { level, msg, problem } = JSON.parse(line)
    if (level >= 40) warnings.push(problem ?? msg)
    else news.push(msg)
  }
  return pino({}, { write })
}

async function startReplica(...parameters: Parameters<typeof createReplica>): Promise<Replica> {
  const replica = createReplica(...parameters)
  await replica.source.start?.()
  return replica
}

function publishedKids(source: KeySource, now: number): (string | undefined)[] {
  return source.publishedKeys(now).map(({ kid }) => kid)
}

function signingKid(source: KeySource, now: number): string | undefined {
  return source.signingKey(now)?.kid
}

test('a missing key is generated, in a file that only its owner can read', async (t) => {
  const shared = await createShared(t)
  const { source, warnings } = await startReplica(t, shared)

  t.deepEqual(await readdir(shared.dir), ['ES256-000001.json'])
  t.is((await stat(shared.dir)).mode & 0o777, 0o700)
  t.is((await stat(join(shared.dir, 'ES256-000001.json'))).mode & 0o777, 0o600)
  const [key] = source.publishedKeys(START)
  t.is(key?.kid, await calculateJwkThumbprint(key?.publicJwk ?? {}))
  t.is(source.signingKey(START), key)
  t.deepEqual(warnings, [])
})

test('the file is a JWK with the schedule of the key', async (t) => {
  const shared = await createShared(t)
  const { source } = await startReplica(t, shared)
  const file = JSON.parse(await readFile(join(shared.dir, 'ES256-000001.json'), 'utf8'))
  t.like(file, { ...source.signingKey(START)?.publicJwk, use: 'sig' })
  t.deepEqual(file.txtoken, {
    createdAt: '2026-01-31T12:00:00.000Z',
    signsFrom: '2026-01-31T12:00:00.000Z',
    longestLifetimeSeconds: 86_400
  })
})

for (const alg of ALGORITHMS) {
  test(`generated ${alg} keys sign, verify, and come back after a restart`, async (t) => {
    const shared = await createShared(t)
    const { source } = await startReplica(t, shared, { alg, typ: 'at+jwt' })
    const token = await signToken(source, START, { sub: 'anna' })
    source.close?.()

    const { source: restarted } = await startReplica(t, shared, { alg })
    t.is(signingKid(restarted, START), signingKid(source, START))
    t.like(await verifyToken(restarted, START, token), { sub: 'anna' })

    const [published] = restarted.publishedKeys(START)
    if (alg.startsWith('HS')) {
      t.is(published, undefined)
      t.is(restarted.changesAt(START), Number.POSITIVE_INFINITY)
    } else {
      const { protectedHeader } = await compactVerify(
        token,
        await importJWK({ ...published?.publicJwk })
      )
      t.deepEqual(protectedHeader, { alg, typ: 'at+jwt', kid: published?.kid ?? '' })
    }
  })
}

test('a new key is published ahead, then signs, and the old one is removed after its last token', async (t) => {
  const shared = await createShared(t)
  const { clock } = shared
  const { source, news } = await startReplica(t, shared)
  const first = signingKid(source, START)
  t.is(source.changesAt(START), START + 7 * DAY - HOUR)

  await clock.advanceTo(START + 7 * DAY - HOUR - 1)
  t.deepEqual(publishedKids(source, clock.now()), [first])
  await clock.advance(1)
  const [, second] = publishedKids(source, clock.now())
  t.deepEqual(publishedKids(source, clock.now()), [first, second])
  t.is(source.changesAt(clock.now()), START + 8 * DAY)

  await clock.advance(HOUR - 1)
  t.is(signingKid(source, clock.now()), first)
  const token = await signToken(source, clock.now())
  await clock.advance(1)
  t.is(signingKid(source, clock.now()), second)

  await clock.advance(DAY - 1)
  await t.notThrowsAsync(verifyToken(source, clock.now(), token))
  await clock.advance(1)
  t.deepEqual(publishedKids(source, clock.now()), [second])
  t.is(source.changesAt(clock.now()), START + 14 * DAY - HOUR)
  await clock.advance(HOUR)
  t.deepEqual(await readdir(shared.dir), ['ES256-000002.json'])
  t.deepEqual(news, ['made a key', 'made a key', 'removed a key whose last token has expired'])
})

test('after weeks without any replica, the old key signs until the new one was published', async (t) => {
  const shared = await createShared(t)
  const { clock } = shared
  const before = await startReplica(t, shared)
  const first = signingKid(before.source, START)
  before.source.close?.()
  clock.jump(30 * DAY)

  const { source } = await startReplica(t, shared)
  t.is(signingKid(source, clock.now()), first)
  t.is(publishedKids(source, clock.now()).length, 2)
  await clock.advance(HOUR - 1)
  t.is(signingKid(source, clock.now()), first)
  await clock.advance(1)
  t.not(signingKid(source, clock.now()), first)
})

test('of replicas that start together, one makes the key', async (t) => {
  const shared = await createShared(t)
  const replicas = await Promise.all(Array.from({ length: 8 }, () => startReplica(t, shared)))

  t.deepEqual(await readdir(shared.dir), ['ES256-000001.json'])
  t.is(new Set(replicas.map(({ source }) => signingKid(source, START))).size, 1)
  t.deepEqual(
    replicas.flatMap(({ news }) => news),
    ['made a key']
  )
})

test('a replica that loses the race for the next key takes the one that won', async (t) => {
  const shared = await createShared(t)
  const { clock } = shared
  const replicas = await Promise.all(Array.from({ length: 3 }, () => startReplica(t, shared)))
  await clock.advance(7 * DAY)
  const kids = replicas.map(({ source }) => publishedKids(source, clock.now()))
  t.is(kids[0]?.length, 2)
  t.deepEqual(kids[1], kids[0])
  t.deepEqual(kids[2], kids[0])
  t.deepEqual((await readdir(shared.dir)).sort(), ['ES256-000001.json', 'ES256-000002.json'])
})

test('a look-up of a kid finds the key that another replica has just made', async (t) => {
  const shared = await createShared(t)
  const { clock } = shared
  const { source } = await startReplica(t, shared)
  clock.jump(7 * DAY)
  const ahead = await startReplica(t, shared)
  const [, kid = ''] = publishedKids(ahead.source, clock.now())
  t.false(publishedKids(source, clock.now()).includes(kid))

  await source.refreshForKid?.(kid)
  t.true(publishedKids(source, clock.now()).includes(kid))
})

test('look-ups of kids read the directory once a second at most', async (t) => {
  const shared = await createShared(t)
  const { clock } = shared
  const { source } = await startReplica(t, shared)
  clock.jump(7 * DAY)
  await source.refreshForKid?.('made-up')
  const ahead = await startReplica(t, shared)
  const [, kid = ''] = publishedKids(ahead.source, clock.now())

  clock.jump(999)
  await source.refreshForKid?.(kid)
  t.false(publishedKids(source, clock.now()).includes(kid))
  clock.jump(1)
  await source.refreshForKid?.(kid)
  t.true(publishedKids(source, clock.now()).includes(kid))
})

test('a broken file is reported once, keeps its number, and does not affect other keys', async (t) => {
  const shared = await createShared(t)
  const { clock } = shared
  const first = await startReplica(t, shared)
  const kid = signingKid(first.source, START)
  await writeFile(join(shared.dir, 'ES256-000002.json'), '{"kty":"EC","d":"c2VjcmV0"', {
    mode: 0o600
  })

  const { source, warnings } = await startReplica(t, shared)
  t.is(signingKid(source, clock.now()), kid)
  await clock.advance(7 * DAY)
  t.deepEqual((await readdir(shared.dir)).sort(), [
    'ES256-000001.json',
    'ES256-000002.json',
    'ES256-000003.json'
  ])
  t.is(publishedKids(source, clock.now()).length, 2)
  t.deepEqual(warnings, [
    `${shared.dir}/ES256-000002.json cannot be used: found text that is not JSON, expected a JWK or a JWK Set`
  ])
})

const BROKEN_FILES: readonly [string, (jwk: Record<string, unknown>) => unknown, string][] = [
  ['without a kid', ({ kid, ...rest }) => rest, 'found a JWK without a kid'],
  [
    'of another algorithm',
    (jwk) => ({ ...jwk, alg: 'ES384' }),
    'found a JWK with the alg "ES384", expected ES256'
  ],
  [
    'with the public half only',
    ({ d, ...rest }) => rest,
    'found a public key, expected a private one'
  ],
  [
    'without a schedule',
    ({ txtoken, ...rest }) => rest,
    'found a JWK without the member txtoken, which holds the schedule'
  ],
  [
    'with a time that is none',
    (jwk) => ({
      ...jwk,
      txtoken: { createdAt: 'noon', signsFrom: 'noon', longestLifetimeSeconds: 1 }
    }),
    'txtoken.createdAt is not a time such as 2026-01-31T12:00:00.000Z'
  ],
  [
    'with a lifetime that is none',
    (jwk) => ({ ...jwk, txtoken: { longestLifetimeSeconds: '1' } }),
    'txtoken.longestLifetimeSeconds is not a number of seconds'
  ],
  ['that is too large', () => 'A'.repeat(65_536), 'found 65538 bytes, expected a JWK']
]

for (const [title, change, reason] of BROKEN_FILES) {
  test(`a file ${title} is rejected`, async (t) => {
    const shared = await createShared(t)
    const { source } = await startReplica(t, shared)
    source.close?.()
    const text = await readFile(join(shared.dir, 'ES256-000001.json'), 'utf8')
    await writeFile(
      join(shared.dir, 'ES256-000002.json'),
      JSON.stringify(change(JSON.parse(text))),
      { mode: 0o600 }
    )
    const { warnings } = await startReplica(t, shared)
    t.deepEqual(warnings, [`${shared.dir}/ES256-000002.json cannot be used: ${reason}`])
  })
}

test('a key whose file breaks later keeps signing', async (t) => {
  const shared = await createShared(t)
  const { clock } = shared
  const { source, warnings } = await startReplica(t, shared)
  const kid = signingKid(source, START)
  await writeFile(join(shared.dir, 'ES256-000001.json'), '')
  await clock.advance(2 * HOUR)
  t.is(signingKid(source, clock.now()), kid)
  t.is(warnings.length, 1)
})

test('where no key file can be used, it does not start', async (t) => {
  const shared = await createShared(t)
  await mkdir(shared.dir)
  await writeFile(join(shared.dir, 'ES256-000004.json'), '[]')
  const { source } = createReplica(t, shared)
  await t.throwsAsync(source.start?.() ?? Promise.resolve(), {
    instanceOf: KeyError,
    message: `${shared.dir}: no ES256 key in it can be used: ${shared.dir}/ES256-000004.json cannot be used: found JSON that is not an object, expected a JWK or a JWK Set`
  })
  t.is(shared.clock.timers(), 0)
})

test('a directory that cannot be created is reported with its path', async (t) => {
  const folder = await createTemporaryFolder(t)
  await writeFile(join(folder, 'file'), '')
  const dir = join(folder, 'file', 'keys')
  const { source } = createReplica(t, { dir, clock: createFakeClock(START) })
  await t.throwsAsync(source.start?.() ?? Promise.resolve(), {
    instanceOf: KeyError,
    message: `${dir}: cannot open the directory: ENOTDIR at mkdir`
  })
})

test('files and directories that others can reach are reported, and used', async (t) => {
  const shared = await createShared(t)
  const before = await startReplica(t, shared)
  await chmod(join(shared.dir, 'ES256-000001.json'), 0o640)
  await chmod(shared.dir, 0o777)
  const { source, warnings } = await startReplica(t, shared)
  t.is(signingKid(source, START), signingKid(before.source, START))
  t.deepEqual(warnings, [
    `${shared.dir} may be written to by everyone, so anyone may add a key that signs`,
    `${shared.dir}/ES256-000001.json has the mode 640, expected 600: it is a secret`
  ])
})

test('foreign files are left alone, and reported if they look like keys', async (t) => {
  const shared = await createShared(t)
  await mkdir(join(shared.dir, 'lost+found'), { recursive: true, mode: 0o700 })
  await writeFile(join(shared.dir, '.keep'), '')
  await writeFile(join(shared.dir, 'ES256-1.json'), '')
  await mkdir(join(shared.dir, 'ES256-000007.json'))
  await writeFile(join(shared.dir, 'ES256-000001.json'), await readNewKey(t))
  await chmod(join(shared.dir, 'ES256-000001.json'), 0o600)
  const { warnings } = await startReplica(t, shared)
  t.deepEqual(warnings.sort(), [
    `${shared.dir}/ES256-000007.json cannot be used: found something other than a file`,
    `${shared.dir}/ES256-1.json is left alone, its name is not one of a key`
  ])
})

async function readNewKey(t: ExecutionContext): Promise<string> {
  const shared = await createShared(t)
  await startReplica(t, shared)
  return readFile(join(shared.dir, 'ES256-000001.json'), 'utf8')
}

test('sources for two algorithms can share a directory', async (t) => {
  const shared = await createShared(t)
  const [ecdsa, eddsa] = [
    await startReplica(t, shared),
    await startReplica(t, shared, { alg: 'EdDSA' })
  ]
  t.deepEqual((await readdir(shared.dir)).sort(), ['ES256-000001.json', 'EdDSA-000001.json'])
  t.is(publishedKids(ecdsa.source, START).length, 1)
  t.is(publishedKids(eddsa.source, START).length, 1)
  t.deepEqual([...ecdsa.warnings, ...eddsa.warnings], [])
})

test('temporary files of a stopped writer are removed after an hour', async (t) => {
  const shared = await createShared(t)
  const { clock } = shared
  await mkdir(shared.dir, { mode: 0o700 })
  const leftover = `.ES256-000001.json.${START}.123e4567-e89b-42d3-a456-426614174000.tmp`
  await writeFile(join(shared.dir, leftover), '{"kty":')
  const { warnings } = await startReplica(t, shared)
  await clock.advance(HOUR)
  t.true((await readdir(shared.dir)).includes(leftover))
  await clock.advance(HOUR)
  t.deepEqual(await readdir(shared.dir), ['ES256-000001.json'])
  t.deepEqual(warnings, [])
})

test('a key that was deleted by hand is no longer trusted, and another is made', async (t) => {
  const shared = await createShared(t)
  const { clock } = shared
  const { source } = await startReplica(t, shared)
  const leaked = signingKid(source, START)
  const token = await signToken(source, START)
  await rm(join(shared.dir, 'ES256-000001.json'))

  await clock.advance(15 * MINUTE)
  t.not(signingKid(source, clock.now()), undefined)
  t.not(signingKid(source, clock.now()), leaked)
  await t.throwsAsync(verifyToken(source, clock.now(), token), { message: 'no key has this kid' })
})

test('while the directory is unavailable, the keys stay and the next one waits', async (t) => {
  const shared = await createShared(t)
  const { clock, dir } = shared
  const { source, warnings } = await startReplica(t, shared)
  const kid = signingKid(source, START)
  await rename(dir, `${dir}-away`)
  await clock.advance(8 * DAY)
  t.deepEqual(publishedKids(source, clock.now()), [kid])
  t.is(signingKid(source, clock.now()), kid)
  t.is(source.changesAt(clock.now()), START + 7 * DAY - HOUR)
  t.deepEqual(warnings, [`${dir}: cannot read the keys: ENOENT at stat`])

  await rename(`${dir}-away`, dir)
  await clock.advance(15 * MINUTE)
  t.is(publishedKids(source, clock.now()).length, 2)
  t.is(signingKid(source, clock.now()), kid)
})

test('a key from the future is reported, since the clock of a replica must be wrong', async (t) => {
  const shared = await createShared(t)
  const { clock } = shared
  const wrong = await startReplica(t, { ...shared, clock: createFakeClock(START + DAY) })
  const { source, warnings } = await startReplica(t, shared)
  t.is(signingKid(source, clock.now()), signingKid(wrong.source, START + DAY))
  t.deepEqual(warnings, [
    `${shared.dir}: key 1 was made in the future, at 2026-02-01T12:00:00.000Z: is a clock wrong?`
  ])
})

test('a lowered lifetime does not invalidate earlier tokens', async (t) => {
  const shared = await createShared(t)
  const { clock } = shared
  const before = await startReplica(t, shared)
  const token = await signToken(before.source, START)
  before.source.close?.()
  const { source } = await startReplica(t, shared, { longestLifetimeMs: MINUTE })
  await clock.advance(8 * DAY - 1)
  await t.notThrowsAsync(verifyToken(source, clock.now(), token))
  await clock.advance(1)
  await t.throwsAsync(verifyToken(source, clock.now(), token))
})

test('a closed source has no timer', async (t) => {
  const shared = await createShared(t)
  const { source } = await startReplica(t, shared)
  t.is(shared.clock.timers(), 1)
  source.close?.()
  t.is(shared.clock.timers(), 0)
})

const REJECTED_TIMES: readonly [string, Partial<GeneratedKeyOptions>, string][] = [
  [
    'publishing ahead for less than a second',
    { publishAheadMs: 999 },
    'publishAhead is 999 ms, expected at least 1000 ms'
  ],
  [
    'rotating faster than publishing',
    { rotateEveryMs: HOUR },
    'rotateEvery is 3600000 ms, expected more than publishAhead (3600000 ms)'
  ],
  [
    'tokens that never expire',
    { longestLifetimeMs: Number.POSITIVE_INFINITY },
    'tokens that never expire cannot be signed with keys that rotate'
  ]
]

for (const [title, times, message] of REJECTED_TIMES) {
  test(`${title} is rejected`, async (t) => {
    const shared = await createShared(t)
    t.throws(() => createReplica(t, shared, times), { instanceOf: KeyError, message })
  })
}
