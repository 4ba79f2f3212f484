/** The built program over a Redis that fails over: revocation, refresh tokens and attempts. */
import test, { type ExecutionContext } from 'ava'
import { eventually } from '../helpers/eventually.ts'
import { post } from '../helpers/http.ts'
import { PASSWORD, startLoginApi, statusesOf } from '../helpers/login-api.ts'
import { runService } from '../helpers/program.ts'
import { startCluster, startWatchedRedis } from '../helpers/redis-groups.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { check, revoke, workersConfig } from '../helpers/workers.ts'

for (const [mode, startGroup] of Object.entries({
  sentinel: async (t: ExecutionContext) => {
    const passwords = { password: 'of-redis', sentinelPassword: 'of-sentinels' }
    const { master, hosts } = await startWatchedRedis(t, passwords)
    const store = `redis+sentinel://:of-redis@${hosts}/mymaster/2?sentinelPassword=of-sentinels`
    return { first: master, store }
  },
  cluster: async (t: ExecutionContext) => {
    const { owner, hosts } = await startCluster(t)
    return { first: owner, store: `redis+cluster://${hosts}` }
  }
})) {
  test.serial(
    `${mode}: revocations, spent refresh tokens and counts survive a failover`,
    async (t) => {
      const { first, store } = await startGroup(t)
      const [api, recheck] = [await startLoginApi(t), await startRemote(t, replying('{"id":1}'))]
      const program = () => runProgram(t, api.url, recheck.url, store)
      const [here, there] = [await program(), await program()]
      await eventually(async () => (await check(here.url, await tokenOf(here.url))) === 200, 20)
      const [spent, loggedOut, kept] = [
        await login(here.url),
        await login(here.url),
        await login(here.url)
      ]
      const wrong = await statusesOf(`${here.url}/getToken`, 'grace', 2)
      t.deepEqual(wrong, [401, 401])
      t.is(await refresh(here.url, spent.refresh_token), 200)
      t.is(await revoke(here.url, kept.token), 200)
      t.is(await revoke(here.url, loggedOut.refresh_token), 200)
      await first.kill()
      await eventually(async () => (await check(there.url, spent.token)) === 503)
      await eventually(async () => (await check(there.url, spent.token)) === 200, 20)
      const { url } = there
      t.is(await answered(() => check(url, kept.token)), 401)
      t.is(await answered(() => check(url, loggedOut.token)), 401)
      t.is(await answered(() => refresh(url, kept.refresh_token)), 200)
      t.is(await answered(() => refresh(url, loggedOut.refresh_token)), 400)
      t.is(await answered(() => refresh(url, spent.refresh_token)), 400)
      // The refresh token was copied: all tokens of that login are revoked.
      await eventually(async () => (await check(here.url, spent.token)) === 401)
      t.is(await answered(() => tryOnce(url)), 401)
      t.is(await answered(() => tryOnce(url)), 429)
      for (const { output } of [here, there]) t.false(output().stdout.includes('of-'))
    }
  )
}

function runProgram(t: ExecutionContext, api: string, recheck: string, store: string) {
  const route = {
    issue: '/getToken',
    claims: [{ from: 'remote', url: api }],
    attempts: { by: ['body:email'], allow: 3, per: '1h' },
    statuses: 'relay',
    refresh: { route: '/refreshToken', recheck }
  }
  const others = [
    { check: '/checkToken', verify: [{ keys: 'all' }] },
    { revoke: '/revokeToken', on: 'main' }
  ]
  return runService(t, workersConfig(api, { revocation: { store }, routes: [route, ...others] }))
}

async function login(url: string): Promise<{ token: string; refresh_token: string }> {
  const { text } = await post(`${url}/getToken`, JSON.stringify({ password: PASSWORD }))
  return JSON.parse(text)
}

async function tryOnce(url: string): Promise<number> {
  return (await statusesOf(`${url}/getToken`, 'grace', 1))[0] ?? 0
}

/** Without Redis, or before it is followed, there is no token. */
async function tokenOf(url: string): Promise<string> {
  return (await login(url)).token ?? ''
}

async function refresh(url: string, token: string): Promise<number> {
  return (await post(`${url}/refreshToken`, `grant_type=refresh_token&refresh_token=${token}`))
    .status
}

/** On a busy machine the store may be unavailable once more: such a 503 is not the answer yet. */
async function answered(ask: () => Promise<number>): Promise<number> {
  let status = 503
  await eventually(async () => {
    status = await ask()
    return status !== 503
  }, 20)
  return status
}
