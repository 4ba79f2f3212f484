/** Attempts that are counted in a real Redis, and over workers. */
import test from 'ava'
import { eventually } from '../../helpers/eventually.ts'
import { startLoginApi, statusesOf, tryLogin } from '../../helpers/login-api.ts'
import { runService } from '../../helpers/program.ts'
import { startRedis } from '../../helpers/redis.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { ENC_KEY } from '../../helpers/tokens.ts'
import { workersConfig } from '../../helpers/workers.ts'

const ATTEMPTS = { by: ['client', 'body:email'], allow: 3, per: '15m' }

test('replicas count together in Redis, where names and addresses are not stored', async (t) => {
  const api = await startLoginApi(t)
  const { port, command, kill } = await startRedis(t)
  const config = JSON.stringify({
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    revocation: { store: `redis://127.0.0.1:${port}/2` },
    routes: [
      {
        issue: '/login',
        claims: [{ from: 'remote', url: api.url }],
        attempts: ATTEMPTS,
        statuses: 'relay'
      }
    ]
  })
  const [here, there] = [await startService(t, { config }), await startService(t, { config })]
  t.deepEqual(await statusesOf(`${here.url}/login`, 'ada@example.com', 2), [401, 401])
  t.deepEqual(await statusesOf(`${there.url}/login`, 'ada@example.com', 2), [401, 429])
  t.is((await tryLogin(`${here.url}/login`, 'ada@example.com')).retryAfter?.length, 3)
  t.is(api.requests.length, 3)
  const names = (await command(
    'EVAL',
    "redis.call('SELECT', 2) return redis.call('KEYS', 'txtoken:attempts:*')",
    '0'
  )) as string[]
  t.is(names.length, 2)
  t.notRegex(names.join(), /ada|127\.0/)
  // Closed, never open.
  await kill()
  t.is((await tryLogin(`${here.url}/login`, 'grace@example.com')).status, 503)
})

test('replicas know of each other which logins are in flight, and which are rejected', async (t) => {
  const held: (() => void)[] = []
  const api = await startRemote(t, (response) => {
    held.push(() => replying('{}', 401)(response))
  })
  const { port } = await startRedis(t)
  const attempts = { ...ATTEMPTS, allow: 1 }
  const claims = [{ from: 'remote', url: api.url }]
  const config = JSON.stringify({
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    revocation: { store: `redis://127.0.0.1:${port}` },
    routes: [{ issue: '/login', claims, attempts, statuses: 'relay' }]
  })
  const [here, there] = [await startService(t, { config }), await startService(t, { config })]
  const first = tryLogin(`${here.url}/login`, 'ada')
  await eventually(() => held.length === 1)
  t.like(await tryLogin(`${there.url}/login`, 'ada'), { status: 429, retryAfter: '1' })
  held.pop()?.()
  t.is((await first).status, 401)
  t.is((await tryLogin(`${there.url}/login`, 'ada')).retryAfter?.length, 3)
})

test('workers count together in memory', async (t) => {
  const api = await startLoginApi(t)
  const route = {
    issue: '/getToken',
    claims: [{ from: 'remote', url: api.url }],
    attempts: ATTEMPTS,
    statuses: 'relay'
  }
  const { url } = await runService(
    t,
    workersConfig(api.url, { revocation: undefined, routes: [route] })
  )
  const statuses = await Promise.all(
    Array.from({ length: 12 }, () => tryLogin(`${url}/getToken`, 'ada'))
  )
  t.is(statuses.filter(({ status }) => status === 401).length, 3)
  t.is(statuses.filter(({ status }) => status === 429).length, 9)
  t.is(api.requests.length, 3)
  t.is((await tryLogin(`${url}/getToken`, 'ada')).retryAfter?.length, 3)
})
