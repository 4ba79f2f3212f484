import { join } from 'node:path'
import test from 'ava'
import { post } from '../../helpers/http.ts'
import { samplesOf, scrape } from '../../helpers/metrics.ts'
import {
  check,
  claimsOf,
  login,
  refresh,
  revoke,
  startJsonRemote,
  startRefreshing
} from '../../helpers/refreshing.ts'
import type { SeenRequest } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { createTemporaryFolder } from '../../helpers/temporary-folder.ts'
import { readToken } from '../../helpers/tokens.ts'

const DAY_MS = 86_400_000

test('a refresh token is exchanged for the next token, after another call to the remote', async (t) => {
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote)
  const first = await login(url)
  t.regex(first.refresh_token, /^[A-Za-z0-9_-]{43}$/)
  remote.reply('{"name":"Alice","balance":12345678901234567890}')
  const second = await refresh(url, first.refresh_token)
  t.is(second.status, 200)
  t.is(second.headers['cache-control'], 'no-store')
  const { token, refresh_token: next } = JSON.parse(second.text)
  t.regex(readToken(token).payload, /"data":\{"name":"Alice","balance":12345678901234567890\}/)
  t.regex(readToken(token).payload, /^\{"sub":"alice",/, 'the claims of the other sources stay')
  t.not(next, first.refresh_token)
  t.not(claimsOf(token).jti, claimsOf(first.token).jti)
  t.is(await check(url, token), 200)
  t.is((await refresh(url, next)).status, 200)
})

test('the remote gets the claims of the previous token, with the service bearer', async (t) => {
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote)
  const { refresh_token: token } = await login(url)
  await refresh(url, token)
  const [, { body, url: path, headers }] = remote.requests as [SeenRequest, SeenRequest]
  t.is(path, '/recheck')
  t.is(body.toString(), '{"sub":"alice","claims":{"sub":"alice","tier":2,"data":{"id":1,"n":1.0}}}')
  t.regex(headers.authorization ?? '', /^Bearer ey/)
})

test('a refreshed token over 8 KiB logs a warning', async (t) => {
  const remote = await startJsonRemote(t)
  const { url, log } = await startRefreshing(t, remote)
  const { refresh_token: token } = await login(url)
  remote.reply(`"${'x'.repeat(8192)}"`)
  t.is((await refresh(url, token)).status, 200)
  const warnings = log.filter(({ msg }) => msg === 'token over 8 KiB')
  t.deepEqual(
    warnings.map(({ route }) => route),
    ['/refreshToken']
  )
})

test('a login with more claims than can be stored gets its token without a refresh token', async (t) => {
  const remote = await startJsonRemote(t)
  const { url, log } = await startRefreshing(t, remote)
  remote.reply(`"${'x'.repeat(16_384)}"`)
  const large = await post(`${url}/getToken`, '{}')
  t.is(large.status, 200)
  t.deepEqual(Object.keys(JSON.parse(large.text)), ['token'])
  remote.reply('{}')
  const { token, refresh_token: refreshToken } = await login(url)
  remote.reply(`"${'x'.repeat(16_384)}"`)
  const grown = await refresh(url, refreshToken)
  t.is(grown.status, 200)
  t.deepEqual(Object.keys(JSON.parse(grown.text)), ['token'])
  t.is((await refresh(url, refreshToken)).status, 400, 'the user has to log in again')
  t.is(await check(url, token), 200)
  t.deepEqual(samplesOf(await scrape(url), 'txtoken_refresh_tokens_left_out_total'), {
    'txtoken_refresh_tokens_left_out_total{reason="size"}': 2
  })
  const warnings = log.filter(({ msg }) => msg === 'token issued without refresh token')
  t.deepEqual(
    warnings.map(({ route, reason }) => [route, reason]),
    [
      ['/getToken', 'size'],
      ['/refreshToken', 'size']
    ]
  )
})

test('a login that is refreshed over and over takes no more memory, and others go on', async (t) => {
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote)
  const { refresh_token: first } = await login(url)
  let token = JSON.parse((await refresh(url, first)).text).refresh_token
  const before = (await scrape(url)).get('txtoken_refresh_store_bytes') ?? 0
  for (let count = 0; count < 300; count++) {
    token = JSON.parse((await refresh(url, token)).text).refresh_token
  }
  const after = await scrape(url)
  t.is(after.get('txtoken_refresh_store_bytes'), before)
  t.is(after.get('txtoken_refresh_store_max_bytes'), 24 * 1024 ** 2)
  t.is(after.get('txtoken_revocation_entries'), 0)
  t.is(after.get('txtoken_revocation_max_entries'), 250_000)
  t.is((await refresh(url, first)).status, 400)
  t.is((await refresh(url, token)).status, 400, 'its family has ended')
})

test('a full list of revocations is reported when revoking, and subjects can still be revoked', async (t) => {
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote, { entries: 10 })
  for (let count = 0; count < 10; count++) {
    t.is((await revoke(url, `token=${(await login(url)).token}`)).status, 200)
  }
  const { token, refresh_token: refreshToken } = await login(url)
  const full = await revoke(url, `token=${token}`)
  t.is(full.status, 503)
  t.is(full.headers['retry-after'], '60')
  t.deepEqual(JSON.parse(full.text), {
    error: 'temporarily_unavailable',
    error_description: 'List of revocations is full'
  })
  t.is((await revoke(url, `token=${refreshToken}`)).status, 503)
  t.is((await refresh(url, refreshToken)).status, 503, 'it has ended all the same')
  t.is(await check(url, token), 200)
  t.is((await revoke(url, 'sub=alice')).status, 200)
  t.is(await check(url, token), 401)
})

test('a refresh token is valid at the route that issued it, and unknown to all others', async (t) => {
  const remote = await startJsonRemote(t)
  const issuing = (name: string) => ({
    issue: `/${name}/token`,
    key: name,
    claims: [{ from: 'remote', url: remote.url, pick: { sub: 'id' } }],
    refresh: { route: `/${name}/refresh`, recheck: new URL(`/${name}`, remote.url).href }
  })
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: ['users', 'partners'].map((kid) => ({
        kid,
        alg: 'HS256',
        secret: `${kid}, who have a secret of their own: 7Hq2`
      })),
      revocation: { store: 'memory' },
      routes: [issuing('users'), issuing('partners')]
    })
  })
  const login = await post(`${url}/users/token`, '{}')
  const token: string = JSON.parse(login.text).refresh_token
  const elsewhere = await post(`${url}/partners/refresh`, `refresh_token=${token}`)
  t.is(elsewhere.status, 400)
  t.is(elsewhere.text, '{"message":"Refresh token is unknown or has expired"}')
  t.is(remote.requests.length, 1, 'nobody is asked')
  t.is((await post(`${url}/users/refresh`, `refresh_token=${token}`)).status, 200)
})

test('a refresh token is accepted in JSON or in a form, and any other grant is rejected', async (t) => {
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote)
  const { refresh_token: token } = await login(url)
  const asJson = await post(`${url}/refreshToken`, JSON.stringify({ refresh_token: token }))
  t.is(asJson.status, 200)
  for (const body of [
    '',
    '{',
    '{}',
    '{"refresh_token":7}',
    'grant_type=refresh_token&grant_type=refresh_token&refresh_token=a',
    'refresh_token=',
    'refresh_token=a&refresh_token=b',
    'grant_type=password&refresh_token=a'
  ]) {
    t.is((await post(`${url}/refreshToken`, body)).status, 400, body)
  }
  const twice = await post(`${url}/refreshToken`, '{"refresh_token":"a","refresh_token":"b"}')
  t.true(twice.text.includes('expected one refresh_token'), twice.text)
  t.is((await refresh(url, 'unknown')).status, 400)
  t.is(remote.requests.length, 2)
})

test('a spent refresh token ends its family, and revokes its tokens', async (t) => {
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote)
  const first = await login(url)
  const other = await login(url)
  const second = JSON.parse((await refresh(url, first.refresh_token)).text)
  t.is(await check(url, first.token), 200)
  const reused = await refresh(url, first.refresh_token)
  t.is(reused.status, 400)
  t.deepEqual(JSON.parse(reused.text), { message: 'Refresh token was used before' })
  t.is((await refresh(url, second.refresh_token)).status, 400)
  t.is(await check(url, first.token), 401)
  t.is(await check(url, second.token), 401)
  t.is(await check(url, other.token), 200, 'another login is another family')
  t.is((await refresh(url, other.refresh_token)).status, 200)
})

test('where the remote rejects, the family is revoked and the error is passed on', async (t) => {
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote)
  const { token, refresh_token: refreshToken } = await login(url)
  remote.reply('{}', 403)
  const rejected = await refresh(url, refreshToken)
  t.is(rejected.status, 403)
  remote.reply('{"id":1}')
  t.is((await refresh(url, refreshToken)).status, 400)
  t.is(await check(url, token), 401)
})

for (const [what, status] of [
  ['fails', 500],
  ['has too much to do', 429],
  ['sends no JSON', 200]
] as const) {
  test(`where the remote ${what}, the refresh token can be used again`, async (t) => {
    const remote = await startJsonRemote(t)
    const { url } = await startRefreshing(t, remote)
    const { token, refresh_token: refreshToken } = await login(url)
    remote.reply('no JSON', status)
    t.not((await refresh(url, refreshToken)).status, 200)
    remote.reply('{"id":1}')
    t.is(await check(url, token), 200)
    t.is((await refresh(url, refreshToken)).status, 200)
  })
}

test('a refresh calls the remote by POST whatever its method, and never skips its errors', async (t) => {
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote, { source: { method: 'GET', onError: 'skip' } })
  const { refresh_token: refreshToken } = await login(url)
  remote.reply('{}', 500)
  t.is((await refresh(url, refreshToken)).status, 502)
  t.deepEqual(
    remote.requests.map(({ method }) => method),
    ['GET', 'POST']
  )
  t.regex(remote.requests[1]?.body.toString() ?? '', /^\{"sub":"alice"/)
})

test('while one request uses a refresh token, another is rejected', async (t) => {
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote)
  const { refresh_token: token } = await login(url)
  const letGo = remote.hold()
  const using = refresh(url, token)
  await remote.asked()
  const second = await refresh(url, token)
  t.is(second.status, 400)
  t.deepEqual(JSON.parse(second.text), { message: 'Refresh token is in use' })
  letGo()
  t.is((await using).status, 200, 'the first is not disturbed')
})

test('a use that never ended counts as lost after a time', async (t) => {
  const clock = { now: Date.now() }
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote, { now: () => clock.now })
  const { refresh_token: token } = await login(url)
  const letGo = remote.hold()
  const lost = refresh(url, token)
  await remote.asked()
  clock.now += 60_000
  remote.reply('{"id":2}')
  t.is((await refresh(url, token)).status, 200)
  letGo()
  t.is((await lost).status, 400, 'the one that was lost gives nothing out')
})

test('a refresh token expires after its lifetime', async (t) => {
  const clock = { now: Date.now() }
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote, { now: () => clock.now })
  const { refresh_token: first } = await login(url)
  clock.now += 30 * DAY_MS - 1
  const { refresh_token: second } = JSON.parse((await refresh(url, first)).text)
  clock.now += 30 * DAY_MS
  t.is((await refresh(url, second)).status, 400)
})

test('revoking a refresh token ends its family, and so does revoking the subject', async (t) => {
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote)
  const [one, two] = [await login(url), await login(url)]
  t.is((await revoke(url, `token=${one.refresh_token}`)).status, 200)
  t.is((await refresh(url, one.refresh_token)).status, 400)
  t.is(await check(url, one.token), 401)
  t.is(await check(url, two.token), 200)
  t.is((await revoke(url, 'sub=alice')).status, 200)
  const revoked = await refresh(url, two.refresh_token)
  t.is(revoked.status, 400)
  t.deepEqual(JSON.parse(revoked.text), { message: 'Refresh token is revoked' })
})

test('a subject that is revoked while its refresh token is in use gets no newer token', async (t) => {
  const clock = { now: Date.now() }
  const remote = await startJsonRemote(t)
  const { url } = await startRefreshing(t, remote, { now: () => clock.now })
  const { refresh_token: token } = await login(url)
  const letGo = remote.hold()
  const using = refresh(url, token)
  await remote.asked()
  t.is((await revoke(url, 'sub=alice')).status, 200)
  clock.now += 2000
  letGo()
  const { status, text } = await using
  t.is(status, 400)
  t.deepEqual(JSON.parse(text), { message: 'Refresh token is revoked' })
  t.is((await refresh(url, token)).status, 400, 'its family has ended')
})

test('refresh tokens and revocations survive a restart with the file store', async (t) => {
  const store = `file:${join(await createTemporaryFolder(t), 'revoked')}`
  const remote = await startJsonRemote(t)
  const before = await startRefreshing(t, remote, { store })
  const [one, two] = [await login(before.url), await login(before.url)]
  await revoke(before.url, `token=${two.token}`)
  await before.close()
  const { url } = await startRefreshing(t, remote, { store })
  t.is(await check(url, two.token), 401)
  t.is(await check(url, one.token), 200)
  const next = await refresh(url, one.refresh_token)
  t.is(next.status, 200)
  t.is((await refresh(url, one.refresh_token)).status, 400, 'it is known to be spent')
})
