/** The built program with each of its stores. */
import { once } from 'node:events'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createAuthority } from '../helpers/certificates.ts'
import { eventually } from '../helpers/eventually.ts'
import { post, send } from '../helpers/http.ts'
import { samplesOf, scrape } from '../helpers/metrics.ts'
import { runProgram, runService } from '../helpers/program.ts'
import { startRedis } from '../helpers/redis.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const SECRET = 'a secret of thirty-two characters or more'

test.serial(
  'memory: a revoked token stays revoked when the configuration is reloaded',
  async (t) => {
    const { url, process, saying } = await run(t, { store: 'memory' })
    const token = await issue(url)
    await revoke(url, token)
    process.kill('SIGHUP')
    await saying('configuration reloaded')
    t.is(await check(url, token), 401)
  }
)

test.serial('file: a revoked token stays revoked after a reload, and after kill -9', async (t) => {
  const store = `file:${join(await createTemporaryFolder(t), 'revoked')}`
  const first = await run(t, { store })
  const [token, other] = [await issue(first.url), await issue(first.url)]
  await revoke(first.url, token)
  first.process.kill('SIGHUP')
  await first.saying('configuration reloaded')
  t.is(await check(first.url, token), 401)
  await revoke(first.url, other)
  first.process.kill('SIGKILL')
  await once(first.process, 'exit')
  const second = await run(t, { store })
  t.is(await check(second.url, token), 401)
  t.is(await check(second.url, other), 401)
})

test.serial(
  'file: a second process with the same folder does not start, and reports why',
  async (t) => {
    const store = `file:${join(await createTemporaryFolder(t), 'revoked')}`
    const { file } = await run(t, { store })
    const second = runProgram(t, { env: { CFG_FILE: file } })
    const { code, stderr } = await second.exit()
    t.is(code, 1)
    t.regex(stderr, /revocation\.store: another process has .*revoked/)
  }
)

test.serial('redis: a token revoked at one replica is rejected by the other', async (t) => {
  const { port } = await startRedis(t, { password: 'p/w:%' })
  const env = { REDIS_URL: `redis://:${encodeURIComponent('p/w:%')}@127.0.0.1:${port}/2` }
  const revocation = { store: { env: 'REDIS_URL' } }
  const [here, there] = [await run(t, revocation, env), await run(t, revocation, env)]
  const times: number[] = []
  for (let round = 0; round < 20; round++) {
    const token = await issue(here.url)
    const startedAt = performance.now()
    await revoke(here.url, token)
    await eventually(async () => (await check(there.url, token)) === 401, 0)
    times.push(performance.now() - startedAt)
  }
  times.sort((a, b) => a - b)
  const [middle, most] = [times[10], times.at(-1)].map((time) => time?.toFixed(1))
  t.log(`refused by the other after ${middle} ms, at most ${most} ms, HTTP included`)
  for (const { output } of [here, there]) t.false(output().stdout.includes('p/w'))
})

test.serial('redis: over TLS, with an authority of its own', async (t) => {
  const authority = createAuthority()
  const redis = await startRedis(t, { tls: authority.issue() })
  const store = `rediss://127.0.0.1:${redis.port}`
  const good = await run(t, { store, tls: { ca: authority.cert } })
  const token = await issue(good.url)
  await revoke(good.url, token)
  t.is(await check(good.url, token), 401)
  const distrusting = await run(t, { store })
  t.is(await check(distrusting.url, token), 503)
})

test.serial(
  'redis, closed: without it checks are 503, readiness is unaffected, and checks pass once it is back',
  async (t) => {
    const redis = await startRedis(t)
    const { url, saying } = await run(t, { store: `redis://127.0.0.1:${redis.port}` })
    const [token, revoked] = [await issue(url), await issue(url)]
    await revoke(url, revoked)
    await redis.kill()
    await eventually(async () => (await check(url, token)) === 503)
    const rejected = await send(`${url}/checkToken`, bearer(token))
    t.is(rejected.headers['retry-after'], '1')
    t.is((await post(`${url}/getToken`, '{}')).status, 200)
    t.is((await send(`${url}/readyz`)).status, 200)
    t.is((await revoke(url, token)).status, 503)
    t.is((await scrape(url)).get('txtoken_revocation_available'), 0)
    await saying('revocation store unavailable, tokens are rejected')
    await redis.start()
    await eventually(async () => (await check(url, token)) === 200)
    t.is(await check(url, revoked), 401)
    await saying('revocation store available')
  }
)

test.serial(
  'redis, open for a time: checks go on with the known revocations, and are 503 after it',
  async (t) => {
    const redis = await startRedis(t)
    const { url, saying } = await run(t, {
      store: `redis://127.0.0.1:${redis.port}`,
      whenUnavailable: { openFor: '2s' }
    })
    const [token, revoked] = [await issue(url), await issue(url)]
    await revoke(url, revoked)
    redis.freeze()
    t.teardown(redis.thaw)
    await saying('tokens are checked without it')
    t.is(await check(url, token), 200)
    t.is(await check(url, revoked), 401)
    t.is((await send(`${url}/scoped`, bearer(token))).status, 403)
    const open = samplesOf(await scrape(url), 'txtoken_revocation_open_checks_total')
    t.deepEqual(open, {})
    t.is((await scrape(url)).get('txtoken_revocation_open_checks_total'), 1)
    await saying('tokens are rejected from now on')
    t.is(await check(url, token), 503)
  }
)

test.serial(
  'redis: the program starts without it, is not ready, and rejects checks until it has read the list',
  async (t) => {
    const redis = await startRedis(t)
    const store = `redis://127.0.0.1:${redis.port}`
    await redis.kill()
    const { url } = await run(t, { store, whenUnavailable: { openFor: '1h' } })
    const token = await issue(url)
    t.is(await check(url, token), 503)
    const { status, text } = await send(`${url}/readyz`)
    t.is(status, 503)
    t.deepEqual(JSON.parse(text), { status: 'starting' })
    t.is((await send(`${url}/livez`)).status, 200)
    await redis.start()
    await eventually(async () => (await send(`${url}/readyz`)).status === 200)
    t.is(await check(url, token), 200)
  }
)

/** Runs the program with these settings of revocation. */
async function run(t: ExecutionContext, revocation: object, env: Record<string, string> = {}) {
  const remote = await startRemote(t, replying('{"id":1}'))
  const config = JSON.stringify({
    listen: { main: { port: 0, host: '127.0.0.1' } },
    keys: [{ alg: 'HS256', secret: SECRET }],
    revocation,
    routes: [
      { issue: '/getToken', claims: [{ from: 'remote', url: remote.url, at: 'data' }] },
      { check: '/checkToken', verify: [{ keys: 'all' }] },
      { check: '/scoped', verify: [{ keys: 'all' }], require: { scopes: ['admin'] } },
      { revoke: '/revokeToken' }
    ]
  })
  return runService(t, config, env)
}

async function issue(url: string): Promise<string> {
  return JSON.parse((await post(`${url}/getToken`, '{}')).text).token
}

function bearer(token: string) {
  return { headers: { authorization: `Bearer ${token}` } }
}

async function check(url: string, token: string): Promise<number> {
  return (await send(`${url}/checkToken`, bearer(token))).status
}

function revoke(url: string, token: string) {
  return post(`${url}/revokeToken`, `token=${token}`)
}
