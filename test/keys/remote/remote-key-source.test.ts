/** Keys of other servers as a key source: its behaviour, its options, and one source for several settings. */
import test, { type ExecutionContext } from 'ava'
import { createKeySources } from '../../../src/keys/create-key-sources.ts'
import type { KeySource } from '../../../src/keys/key-source.ts'
import { createKeyStore } from '../../../src/keys/key-store.ts'
import {
  createRemoteKeySource,
  type FetchReport,
  type RemoteKeySourceOptions
} from '../../../src/keys/remote/remote-key-source.ts'
import { toRemoteKeyOptions } from '../../../src/keys/remote/settings.ts'
import { createShareSource } from '../../../src/keys/remote/share-source.ts'
import { type KeyConfig, keySchema, type RemoteKeyConfig } from '../../../src/keys/settings.ts'
import { parseToken } from '../../../src/keys/token.ts'
import { createSecretReader } from '../../../src/settings/secrets.ts'
import { createAuthority } from '../../helpers/certificates.ts'
import { createFakeClock } from '../../helpers/fake-clock.ts'
import { type JwksServer, startJwksServer } from '../../helpers/jwks-server.ts'
import { generatePair, toJwk } from '../../helpers/keys.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const SIM2 = { kty: 'oct', kid: 'sim2', alg: 'HS256', k: Buffer.alloc(32, 2).toString('base64url') }
const SIM3 = { kty: 'oct', kid: 'sim3', alg: 'HS256', k: Buffer.alloc(32, 3).toString('base64url') }
const rsa = generatePair('rsa', { modulusLength: 2048 })
const RSA_PUBLIC = { ...toJwk(rsa.verifying), kid: 'rsa' }
const RSA_PRIVATE = { ...toJwk(rsa.signing), kid: 'rsa' }

/** A source with the key `sim2` by a frozen clock, not started yet. Its timers fire at 80 percent of the time. */
async function setUp(
  t: ExecutionContext,
  reply: JwksServer['reply'] = { body: { keys: [SIM2] } },
  options: Partial<RemoteKeySourceOptions> = {}
) {
  const server = await startJwksServer(t, reply)
  const clock = createFakeClock()
  const reports: FetchReport[] = []
  const source = createRemoteKeySource({
    url: server.url,
    kid: 'sim2',
    algorithms: ['HS256'],
    allowHttp: true,
    report: (report) => reports.push(report),
    now: clock.now,
    startTimer: clock.startTimer,
    random: () => 0,
    ...options
  })
  t.teardown(() => source.close?.())
  const kids = () => source.verificationKeys(clock.now()).map(({ kid }) => kid)
  const outcomes = () => reports.map(({ outcome }) => outcome)
  return { server, clock, reports, source, kids, outcomes }
}

test('a symmetric key of a remote set signs and verifies', async (t) => {
  const { source, clock, reports } = await setUp(
    t,
    { body: { keys: [SIM3, SIM2] } },
    { typ: 'at+jwt' }
  )
  await source.start?.()
  const key = source.signingKey(clock.now())
  const token = parseToken((await key?.sign?.('{"sub":"me"}')) ?? '', 10)
  t.deepEqual({ ...token.header }, { alg: 'HS256', kid: 'sim2', typ: 'at+jwt' })
  const [verificationKey, ...others] = source.verificationKeys(clock.now())
  t.like(await verificationKey?.verify(token), { sub: 'me' })
  t.deepEqual(others, [])
  t.is(source.name, 'sim2')
  t.deepEqual(reports, [{ source: 'sim2', outcome: 'fetched', rejections: [], keys: 1 }])
})

test('without a kid, all keys of the allowed algorithms are usable', async (t) => {
  const { source, kids, reports } = await setUp(
    t,
    { body: { keys: [SIM2, RSA_PUBLIC, SIM3] } },
    { kid: undefined }
  )
  await source.start?.()
  t.deepEqual(kids(), ['sim2', 'sim3'])
  t.is(reports[0]?.rejections.length, 1)
})

test('only signing keys are published, and no symmetric key', async (t) => {
  const cases = [
    { jwk: RSA_PRIVATE, published: ['rsa'], changesAfter: 12 * MINUTE },
    { jwk: RSA_PUBLIC, published: [], changesAfter: Number.POSITIVE_INFINITY },
    { jwk: SIM2, published: [], changesAfter: Number.POSITIVE_INFINITY }
  ]
  for (const { jwk, published, changesAfter } of cases) {
    const { source, clock } = await setUp(
      t,
      { body: { keys: [jwk] } },
      { kid: undefined, algorithms: ['RS256', 'HS256'] }
    )
    await source.start?.()
    const now = clock.now()
    t.is(source.verificationKeys(now).length, 1)
    t.deepEqual(
      source.publishedKeys(now).map(({ kid }) => kid),
      published
    )
    t.is(source.changesAt(now), now + changesAfter)
  }
})

test('a source that is unavailable at the start has no keys, and gets them later', async (t) => {
  const { source, server, clock, kids, reports } = await setUp(t, { status: 503 })
  t.deepEqual(kids(), [])
  await source.start?.()
  t.deepEqual(kids(), [])
  t.is(source.signingKey(clock.now()), undefined)
  t.like(reports[0], { outcome: 'status', keys: 0 })
  server.reply = { body: { keys: [SIM2] } }
  await clock.advance(2_500)
  t.deepEqual(kids(), ['sim2'])
})

test('a set is fetched again before the lifetime in its headers ends', async (t) => {
  const headers = { 'cache-control': 'max-age=600', age: '100' }
  const { source, server, clock } = await setUp(t, { headers, body: { keys: [SIM2] } })
  await source.start?.()
  await clock.advance(400 * SECOND - 1)
  t.is(server.requests.length, 1)
  await clock.advance(1)
  t.is(server.requests.length, 2)
})

test('no header keeps a set beyond the refresh time, or has it fetched more than once a minute', async (t) => {
  const cases = [
    { cacheControl: 'max-age=86400', expectedSeconds: 480 },
    { cacheControl: 'no-store', expectedSeconds: 48 }
  ]
  for (const { cacheControl, expectedSeconds } of cases) {
    const reply = { headers: { 'cache-control': cacheControl }, body: { keys: [SIM2] } }
    const { source, server, clock } = await setUp(t, reply, { refreshMs: 10 * MINUTE })
    await source.start?.()
    await clock.advance(expectedSeconds * SECOND - 1)
    t.is(server.requests.length, 1)
    await clock.advance(1)
    t.is(server.requests.length, 2)
  }
})

test('an unchanged set is confirmed by its ETag, and its keys stay the same objects', async (t) => {
  const { source, server, clock, outcomes } = await setUp(
    t,
    { headers: { etag: '"1"' }, body: { keys: [SIM2] } },
    { staleLimitMs: 20 * MINUTE }
  )
  await source.start?.()
  const key = source.signingKey(clock.now())
  t.truthy(key)
  server.reply = { status: 304 }
  await clock.advance(36 * MINUTE)
  t.is(source.signingKey(clock.now()), key)
  t.deepEqual(
    server.requests.map((headers) => headers['if-none-match']),
    [undefined, '"1"', '"1"', '"1"']
  )
  t.deepEqual(outcomes(), ['fetched', 'unchanged', 'unchanged', 'unchanged'])
})

test('keys of a failing source are usable up to the stale limit, and again once it is back', async (t) => {
  const { source, server, clock, kids, reports } = await setUp(t, undefined, {
    staleLimitMs: HOUR
  })
  await source.start?.()
  server.reply = { status: 500 }
  await clock.advance(HOUR - 1)
  t.deepEqual(kids(), ['sim2'])
  t.truthy(source.signingKey(clock.now()))
  t.like(reports.at(-1), { outcome: 'status', keys: 1 })
  await clock.advance(1)
  t.deepEqual(kids(), [])
  t.is(source.signingKey(clock.now()), undefined)
  await clock.advance(5 * MINUTE)
  t.like(reports.at(-1), { outcome: 'status', keys: 0 })
  server.reply = { body: { keys: [SIM2] } }
  await clock.advance(5 * MINUTE)
  t.deepEqual(kids(), ['sim2'])
})

test('a failing source is retried with growing pauses', async (t) => {
  const { source, server, clock } = await setUp(t, { status: 500 }, { random: () => 1 })
  await source.start?.()
  const counts: number[] = []
  for (const pause of [5, 10, 20, 40, 80, 160, 300, 300]) {
    await clock.advance(pause * SECOND - 1)
    counts.push(server.requests.length)
    await clock.advance(1)
  }
  t.deepEqual(counts, [1, 2, 3, 4, 5, 6, 7, 8])
})

const badReplies: readonly { outcome: FetchReport['outcome']; reply: JwksServer['reply'] }[] = [
  { outcome: 'redirect', reply: { status: 302, headers: { location: '/elsewhere' } } },
  {
    outcome: 'not_a_jwk_set',
    reply: { headers: { 'content-type': 'text/html' }, body: '<title>Sign in</title>' }
  },
  { outcome: 'too_large', reply: { body: ' '.repeat(256 * 1024 + 1) } },
  { outcome: 'too_many_keys', reply: { body: { keys: Array(101).fill({ kty: 'x' }) } } },
  { outcome: 'unreachable', reply: (_, response) => response.destroy() }
]
for (const { outcome, reply } of badReplies) {
  test(`the old keys stay after a reply that is rejected: ${outcome}`, async (t) => {
    const { source, server, clock, kids, reports } = await setUp(t)
    await source.start?.()
    server.reply = reply
    await clock.advance(12 * MINUTE)
    t.like(reports.at(-1), { outcome, keys: 1 })
    t.deepEqual(kids(), ['sim2'])
  })
}

test('a key that is withdrawn from the set is no longer usable, and comes back with it', async (t) => {
  const { source, server, clock, kids, reports } = await setUp(t, {
    headers: { etag: '"1"' },
    body: { keys: [SIM2] }
  })
  await source.start?.()
  server.reply = { headers: { etag: '"2"' }, body: { keys: [SIM3] } }
  await clock.advance(12 * MINUTE)
  t.deepEqual(kids(), [])
  t.like(reports.at(-1), { outcome: 'no_key', keys: 0, rejections: [] })
  t.is(reports.at(-1)?.error?.message, 'found no usable key with the kid "sim2"')
  server.reply = { body: { keys: [SIM2] } }
  await clock.advance(2_500)
  t.deepEqual(kids(), ['sim2'])
  t.is(server.requests.at(-1)?.['if-none-match'], undefined)
})

test('a configured key that is too weak is not usable, and the reason is reported', async (t) => {
  const weak = { ...SIM2, k: 'c2hvcnQ' }
  const { source, kids, reports } = await setUp(t, { body: { keys: [weak] } })
  await source.start?.()
  t.deepEqual(kids(), [])
  t.like(reports[0], { outcome: 'no_key', keys: 0 })
  t.regex(reports[0]?.rejections[0] ?? '', /5 bytes, expected at least 32/)
})

test('a configured key with another algorithm is not usable, and the reason is reported', async (t) => {
  const { source, kids, reports } = await setUp(t, undefined, { algorithms: ['HS512'] })
  await source.start?.()
  t.deepEqual(kids(), [])
  t.regex(reports[0]?.rejections[0] ?? '', /the alg "HS256", expected HS512/)
})

test('an unknown kid causes a fetch of the set, once per cooldown', async (t) => {
  const { source, server, clock, kids } = await setUp(t, undefined, { kid: undefined })
  await source.start?.()
  server.reply = { body: { keys: [SIM2, SIM3] } }
  await source.refreshForKid?.('sim3')
  t.is(server.requests.length, 1)
  await clock.advance(30 * SECOND)
  await source.refreshForKid?.('sim3')
  t.is(server.requests.length, 2)
  t.deepEqual(kids(), ['sim2', 'sim3'])
  for (const kid of ['invented', 'more', 'and more']) await source.refreshForKid?.(kid)
  t.is(server.requests.length, 2)
  await clock.advance(30 * SECOND)
  await Promise.all(['invented', 'more', 'and more'].map((kid) => source.refreshForKid?.(kid)))
  t.is(server.requests.length, 3)
})

test('a known kid, or one that this source is not configured for, fetches nothing', async (t) => {
  const { source, server, clock } = await setUp(t)
  await source.start?.()
  await clock.advance(MINUTE)
  await source.refreshForKid?.('sim2')
  await source.refreshForKid?.('sim3')
  t.is(server.requests.length, 1)
})

test('a source without its key fetches it when a token names it', async (t) => {
  const { source, server, clock, kids } = await setUp(
    t,
    { body: { keys: [] } },
    { random: () => 1 }
  )
  await source.start?.()
  await clock.advance(36 * SECOND)
  server.reply = { body: { keys: [SIM2] } }
  await source.refreshForKid?.('sim2')
  t.deepEqual(kids(), [])
  await clock.advance(29 * SECOND)
  await source.refreshForKid?.('sim2')
  t.deepEqual(kids(), ['sim2'])
})

test('a closed source ends its request and its timer, and fetches no more', async (t) => {
  let abandoned: () => void = () => {}
  const gone = new Promise<void>((resolve) => {
    abandoned = resolve
  })
  const { source, server, clock, reports } = await setUp(t, undefined, {
    timeoutMs: HOUR
  })
  await source.start?.()
  t.is(clock.timers(), 1)
  const asked = new Promise<void>((resolve) => {
    server.reply = (_, response) => {
      response.on('close', abandoned)
      resolve()
    }
  })
  const fetched = clock.advance(12 * MINUTE)
  await asked
  source.close?.()
  await Promise.all([gone, fetched])
  t.is(clock.timers(), 0)
  await source.refreshForKid?.('sim3')
  await source.start?.()
  t.is(server.requests.length, 2)
  t.is(reports.length, 1)
})

test('the pins of the settings are checked', async (t) => {
  const root = createAuthority()
  const certificate = root.issue()
  const server = await startJwksServer(t, { body: { keys: [SIM2] } }, certificate)
  const outcomeWith = async (pin: string) => {
    const tls = { ca: root.cert, pins: [pin] }
    const { source, reports } = await setUp(t, {}, { url: server.url, allowHttp: false, tls })
    await source.start?.()
    return reports[0]?.outcome
  }
  t.is(await outcomeWith(certificate.pin), 'fetched')
  t.is(await outcomeWith(root.pin), 'fetched')
  t.is(await outcomeWith(createAuthority().pin), 'tls')
})

const rejected: readonly {
  title: string
  options: Partial<RemoteKeySourceOptions>
  message: RegExp
}[] = [
  { title: 'plain http', options: { allowHttp: undefined }, message: /allowHttp/ },
  { title: 'an invalid pin', options: { tls: { pins: ['pin'] } }, message: /a pin/ },
  { title: 'no algorithm', options: { algorithms: [] }, message: /at least one algorithm/ },
  { title: 'a refresh time of 0', options: { refreshMs: 0 }, message: /refresh time/ },
  {
    title: 'a stale limit below the refresh time',
    options: { refreshMs: HOUR, staleLimitMs: HOUR - 1 },
    message: /stale limit/
  }
]
for (const { title, options, message } of rejected) {
  test(`options of a remote key source are rejected: ${title}`, async (t) => {
    await t.throwsAsync(setUp(t, {}, options), { instanceOf: TypeError, message })
  })
}

const schema = keySchema(createSecretReader({ folder: '/', env: {} }))
const factories = {
  remote: (entry: RemoteKeyConfig) => createRemoteKeySource(toRemoteKeyOptions(entry)),
  generated: () => {
    throw new TypeError('not in this test')
  }
}

test('each setting of a remote key becomes an option', (t) => {
  const entry = schema.parse({
    kid: 'sim2',
    alg: 'RSA256',
    typ: 'at+jwt',
    jwksUrl: 'http://backend/jwks.json',
    allowHttp: true,
    tls: { minVersion: 'TLSv1.3' },
    proxy: 'http://proxy:3128',
    refresh: '1m',
    staleLimit: '2m',
    cooldown: '3s',
    timeout: '4s',
    limits: { size: '5KiB', keys: 6 }
  })
  t.deepEqual(toRemoteKeyOptions(entry as RemoteKeyConfig), {
    url: 'http://backend/jwks.json',
    kid: 'sim2',
    algorithms: ['RS256'],
    typ: 'at+jwt',
    allowHttp: true,
    tls: { minVersion: 'TLSv1.3' },
    refreshMs: 60_000,
    staleLimitMs: 120_000,
    cooldownMs: 3_000,
    timeoutMs: 4_000,
    maxBytes: 5 * 1024,
    maxKeys: 6,
    proxy: 'http://proxy:3128'
  })
})

test('a configured remote key signs and verifies in the key store, over pinned TLS', async (t) => {
  const root = createAuthority()
  const jwk = { kty: 'oct', kid: 'sim2', k: Buffer.alloc(32, 2).toString('base64url') }
  const server = await startJwksServer(t, { body: { keys: [jwk] } }, root.issue())
  const entry: KeyConfig = schema.parse({
    kid: 'sim2',
    alg: 'HS256',
    jwksUrl: server.url,
    tls: { ca: root.cert, pins: [root.pin] }
  })
  const { sources, problems } = createKeySources([entry], factories)
  t.deepEqual(problems, [])
  const store = createKeyStore(sources, Date.now)
  t.teardown(store.close)
  await store.start()
  const token = parseToken(await store.signer('sim2')('{"sub":"me"}'), 10)
  t.like(await store.candidates(token.header)[0]?.verify(token), { sub: 'me' })
  t.is(store.published().size, 0)
})

test('settings of a remote key that cannot work together are a problem of their entry', (t) => {
  const entry: KeyConfig = schema.parse({
    alg: 'HS256',
    jwksUrl: 'https://backend/jwks.json',
    tls: { minVersion: 'TLSv1.3', ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] }
  })
  t.deepEqual(createKeySources([entry], factories).problems, [
    {
      path: ['keys', 0, 'jwksUrl'],
      message: 'found no cipher suite for TLSv1.3, expected at least one'
    }
  ])
})

/** Shared sources, and a list of the events of each. */
function setUpSharing() {
  const events: string[] = []
  let made = 0
  const create = (): KeySource => {
    const number = ++made
    return {
      name: String(number),
      signingKey: () => undefined,
      verificationKeys: () => [],
      publishedKeys: () => [],
      changesAt: () => Number.POSITIVE_INFINITY,
      start: async () => void events.push(`start ${number}`),
      close: () => void events.push(`close ${number}`)
    }
  }
  const share = createShareSource()
  return { events, use: (id: string) => share(id, create) }
}

test('two users of a remote key share its source, which starts again for the second', async (t) => {
  const { events, use } = setUpSharing()
  const first = use('a')
  await first.start?.()
  const second = use('a')
  await second.start?.()
  t.is(second.name, first.name)
  t.deepEqual(events, ['start 1', 'start 1'])
})

test('a shared source is closed with its last user, and created again for the next', async (t) => {
  const { events, use } = setUpSharing()
  const [first, second] = [use('a'), use('a')]
  await first.start?.()
  const third = use('a')
  await third.start?.()
  first.close?.()
  first.close?.()
  second.close?.()
  t.deepEqual(events, ['start 1', 'start 1'])
  third.close?.()
  t.deepEqual(events.slice(2), ['close 1'])
  t.is(use('a').name, '3')
})

test('shared sources with different ids are independent', async (t) => {
  const { events, use } = setUpSharing()
  const [a, b] = [use('a'), use('b')]
  await a.start?.()
  await b.start?.()
  a.close?.()
  t.deepEqual(events, ['start 1', 'start 2', 'close 1'])
})
