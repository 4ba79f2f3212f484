/** Refresh tokens whose records are in a real Redis. */
import test from 'ava'
import { eventually } from '../../helpers/eventually.ts'
import { post } from '../../helpers/http.ts'
import { scrape } from '../../helpers/metrics.ts'
import { startRedis } from '../../helpers/redis.ts'
import {
  check,
  login,
  refresh,
  startJsonRemote,
  startRefreshing
} from '../../helpers/refreshing.ts'

test('two replicas that get one refresh token at once: one new token, one error', async (t) => {
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

test('the content of the store is not enough to use a refresh token', async (t) => {
  const { port, command } = await startRedis(t)
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote, { store: `redis://127.0.0.1:${port}` })
  const { token, refresh_token: refreshToken } = await login(url)
  const names = (await command('KEYS', '*')) as string[]
  const records = names.filter((name) => name.startsWith('txtoken:record:'))
  t.is(records.length, 1)
  const stored = await Promise.all(records.map((name) => command('GET', name)))
  const all = [...names, ...stored].join('\n')
  t.false(all.includes(refreshToken))
  t.false(all.includes(token.split('.')[2] ?? ''))
  for (const name of records) t.true(Number(await command('PTTL', name)) > 0)
})

test('with a full Redis logins go on without refresh tokens, existing ones are exchanged, and revoking works', async (t) => {
  const { port, command } = await startRedis(t)
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote, { store: `redis://127.0.0.1:${port}` })
  const { refresh_token: first } = await login(url)
  await command('CONFIG', 'SET', 'maxmemory', '1')
  const full = await post(`${url}/getToken`, '{}')
  t.is(full.status, 200)
  t.deepEqual(Object.keys(JSON.parse(full.text)), ['token'])
  const left = (await scrape(url)).get('txtoken_refresh_tokens_left_out_total{reason="full"}')
  t.is(left, 1)
  const next = await refresh(url, first)
  t.is(next.status, 200)
  const { token, refresh_token: second } = JSON.parse(next.text)
  t.is((await refresh(url, first)).status, 400)
  t.is((await refresh(url, second)).status, 400, 'reuse is noticed all the same')
  t.is(await check(url, token), 401)
})

test('without the store, a route with refresh tokens issues no tokens', async (t) => {
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
