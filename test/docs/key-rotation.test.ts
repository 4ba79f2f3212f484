import test, { type ExecutionContext } from 'ava'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { pino } from 'pino'
import { createMetrics } from '../../src/operations/metrics.ts'
import { listen } from '../../src/server/listen.ts'
import { createService } from '../../src/server/service.ts'
import { asLoaded, parse } from '../helpers/config.ts'
import { createFakeClock } from '../helpers/fake-clock.ts'
import { readRecipe, writeKeyFiles } from '../helpers/key-recipes.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const MINUTE = 60_000
const STEP = 15 * MINUTE
const LIFETIME = 60 * MINUTE
const LOGIN_API = 'http://login-api:8080/login'

type RecipeConfig = Record<string, unknown> & {
  keys?: { from?: string; until?: string | undefined }[]
}

/** The service with a fake clock. `use` swaps in a configuration of the page, as a reload does. */
async function startWorld(t: ExecutionContext, start: number, first: RecipeConfig) {
  const clock = createFakeClock(start)
  const folder = await writeKeyFiles(t)
  let config = first
  const loginApi = await startRemote(t, replying('{"id":1}'))
  const load = () => {
    const text = JSON.stringify(config).replace(LOGIN_API, loginApi.url)
    return asLoaded(parse(text, { env: { ENC_KEY }, folder }))
  }
  const service = await createService({
    load,
    logger: pino({}, { write: () => {} }),
    metrics: createMetrics(),
    now: clock.now,
    isReady: () => true,
    version: '0.0.0-test'
  })
  const { timeouts } = service.loaded().config
  const listener = await listen(service.listener('main'), { host: '127.0.0.1', port: 0, timeouts })
  t.teardown(() => listener.stop(0))
  t.teardown(service.close)
  const url = `http://127.0.0.1:${listener.port}`

  return {
    clock,
    url,
    bearers: () => loginApi.requests.map(({ headers }) => headers.authorization?.slice(7)),
    async use(next: RecipeConfig): Promise<void> {
      config = next
      await service.reload()
      t.deepEqual(service.loaded().config, load().config)
    },
    async issue(): Promise<string> {
      const response = await fetch(`${url}/getToken`, { method: 'POST', body: '{}' })
      t.is(response.status, 200)
      return ((await response.json()) as { token: string }).token
    },
    async check(token: string): Promise<number> {
      const response = await fetch(`${url}/checkToken`, {
        headers: { authorization: `Bearer ${token}` }
      })
      await response.text()
      return response.status
    }
  }
}

/** A verifier with the secret or the JWK Set that caches the set for as long as allowed, and never fetches it for an unknown kid. */
function createDistantVerifier(url: string, now: () => number) {
  const secret = new TextEncoder().encode(ENC_KEY)
  let keys: ReturnType<typeof createLocalJWKSet> | undefined
  let keptUntil = Number.NEGATIVE_INFINITY

  async function fetchKeys() {
    const response = await fetch(`${url}/.well-known/jwks.json`)
    const [, maxAge] = /max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '') ?? []
    keptUntil = now() + Number(maxAge) * 1000
    return createLocalJWKSet((await response.json()) as { keys: [] })
  }

  return async function verify(token: string, issuer?: string): Promise<void> {
    const options = { currentDate: new Date(now()), requiredClaims: ['exp'] }
    if (decodeProtectedHeader(token).alg === 'HS256') {
      await jwtVerify(token, secret, { ...options, algorithms: ['HS256'] })
      return
    }
    if (keys === undefined || now() >= keptUntil) keys = await fetchKeys()
    await jwtVerify(token, keys, {
      ...options,
      algorithms: ['ES256'],
      ...(issuer !== undefined && { issuer })
    })
  }
}

function dateOf(config: RecipeConfig, name: 'from' | 'until'): number {
  const [date] = (config.keys ?? []).flatMap((key) => key[name] ?? [])
  return Date.parse(date ?? '')
}

interface Recipe {
  readonly before: RecipeConfig
  readonly during: RecipeConfig
  readonly after: RecipeConfig
}

/**
 * Goes through a recipe in steps of some minutes: loads the new key as late as the page allows, and takes the old one away
 * as soon as it allows. Clients get tokens all along, and check each until it expires, here and elsewhere.
 * @returns the `kid` or else the `alg` of the tokens, in their order, each once in a row
 */
async function walkThrough(t: ExecutionContext, { before, during, after }: Recipe) {
  const from = dateOf(during, 'from')
  const until = dateOf(during, 'until')
  const world = await startWorld(t, from - LIFETIME - 15 * MINUTE, before)
  const verifyElsewhere = createDistantVerifier(world.url, world.clock.now)
  const tokens: string[] = []
  const changes = [
    { at: from - 15 * MINUTE, config: during },
    { at: until, config: after }
  ]

  async function issueAndCheck(): Promise<void> {
    tokens.push(await world.issue())
    for (const token of tokens) {
      if (((decodeJwt(token).exp ?? 0) - 1) * 1000 < world.clock.now()) continue
      t.is(await world.check(token), 200, new Date(world.clock.now()).toISOString())
      await t.notThrowsAsync(verifyElsewhere(token, 'https://tokens.example.com'))
    }
    const bearer = world.bearers().at(-1)
    if (bearer !== undefined) await t.notThrowsAsync(verifyElsewhere(bearer))
  }

  while (world.clock.now() <= until + STEP) {
    await issueAndCheck()
    const [change] = changes
    if (change !== undefined && change.at <= world.clock.now()) {
      changes.shift()
      await Promise.all([world.use(change.config), issueAndCheck()])
    }
    // A second before the full quarter, and at it: that is when keys begin and end.
    await world.clock.advance(STEP - 1000)
    await issueAndCheck()
    await world.clock.advance(1000)
  }
  const names = tokens.map((token) => {
    const { kid, alg } = decodeProtectedHeader(token)
    return kid ?? alg
  })
  return names.filter((name, index) => name !== names[index - 1])
}

test('from HS256 to ES256: no valid token is rejected while clients issue and check all along', async (t) => {
  const [before, during, after] = readRecipe('From HS256 to ES256 with no rejected token')
  t.truthy(after)
  const kids = await walkThrough(t, {
    before: before ?? {},
    during: during ?? {},
    after: after ?? {}
  })
  t.deepEqual(kids, ['HS256', 'es-2026'])
})

test('rotation by dates: no valid token is rejected while clients issue and check all along', async (t) => {
  const [during = {}] = readRecipe('Rotate a key by dates') as RecipeConfig[]
  const [old = {}, next = {}] = during.keys ?? []
  const kids = await walkThrough(t, {
    before: { ...during, keys: [{ ...old, until: undefined }] },
    during,
    after: { ...during, keys: [next] }
  })
  t.deepEqual(kids, ['es-2026', 'es-2027'])
})

test('after the migration the secret signs nothing that is accepted', async (t) => {
  const [before = {}, during = {}] = readRecipe('From HS256 to ES256 with no rejected token')
  const until = dateOf(during, 'until')
  const long = JSON.parse(JSON.stringify(during).replace('"1h"', '"1d"')) as RecipeConfig
  const world = await startWorld(t, dateOf(during, 'from') - MINUTE, before)
  await world.use(long)
  const token = await world.issue()
  await world.clock.advanceTo(until - 1)
  t.is(await world.check(token), 200)
  await world.clock.advanceTo(until)
  t.is(await world.check(token), 401)
})
