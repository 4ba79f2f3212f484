/** Refresh tokens whose records are in a real Redis. */
import test from 'ava'
import { eventually } from '../../helpers/eventually.ts'
import { post } from '../../helpers/http.ts'
import { startRedis } from '../../helpers/redis.ts'
import {
  check,
  login,
  refresh,
  startJsonRemote,
  startRefreshing
} from '../../helpers/refreshing.ts'

test('two replicas that are given one refresh token at once: one new token, one error', async (t) => {
  const { port } = await startRedis(t)
  const store = `redis://127.0.0.1:${port}/3`
  const remote = await startJsonRemote(t)
  const [here, there] = [
    await startRefreshing(t, remote, { store }),
    await startRefreshing(t, remote, { store })
  ]
  for (let round = 0; round < 10; round++) {
    const { refresh_token: token } = await login(here.url)
    const answers = await Promise.all([refresh(here.url, token), refresh(there.url, token)])
    t.deepEqual(answers.map(({ status }) => status).sort(), [200, 400])
  }
  const { token, refresh_token: refreshToken } = await login(here.url)
  t.is((await refresh(there.url, refreshToken)).status, 200)
  t.is((await refresh(here.url, refreshToken)).status, 400)
  await eventually(async () => (await check(there.url, token)) === 401)
})

test('what the store keeps of a refresh token does not let anybody use it', async (t) => {
  const { port, command } = await startRedis(t)
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote, { store: `redis://127.0.0.1:${port}` })
  const { token, refresh_token: refreshToken } = await login(url)
  const names = (await command('KEYS', '*')) as string[]
  const records = names.filter((name) => name.startsWith('txtoken:record:'))
  t.is(records.length, 2)
  const stored = await Promise.all(records.map((name) => command('GET', name)))
  const all = [...names, ...stored].join('\n')
  t.false(all.includes(refreshToken))
  t.false(all.includes(token.split('.')[2] ?? ''))
  for (const name of records) t.true(Number(await command('PTTL', name)) > 0)
})

test('without the store there are no tokens with refresh tokens', async (t) => {
  const redis = await startRedis(t)
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote, { store: `redis://127.0.0.1:${redis.port}` })
  const { refresh_token: token } = await login(url)
  await redis.kill()
  const answers = [await post(`${url}/getToken`, '{}'), await refresh(url, token)]
  for (const { status, headers, text } of answers) {
    t.is(status, 503)
    t.is(headers['retry-after'], '1')
    t.false(text.includes('token"'))
  }
})
