/** `check-config --probe` with a real Redis and a real directory. */
import ava from 'ava'
import { createAuthority } from '../helpers/certificates.ts'
import { probeConfig, probeUrl } from '../helpers/probe.ts'
import { startRedis } from '../helpers/redis.ts'
import { startWatchedRedis } from '../helpers/redis-groups.ts'
import { startRawRemote } from '../helpers/remote.ts'
import { startSlapd } from '../helpers/slapd.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

/** One after the other: Redis has a second to answer, and tests that run at once delay each other. */
const test = ava.serial

test('Redis is recognized by its answer, with a password or without', async (t) => {
  const open = await startRedis(t)
  const locked = await startRedis(t, { password: 'secret' })
  const [first] = await probeConfig(withStore(`redis://127.0.0.1:${open.port}/0`))
  t.like(first, { reached: true, found: 'answers as Redis' })
  const [second] = await probeConfig(withStore(`redis://:secret@127.0.0.1:${locked.port}/0`))
  t.like(second, { setting: 'revocation.store', reached: true, found: 'answers as Redis' })
  const { url } = await startRawRemote(t, (socket) =>
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  )
  const [third] = await probeConfig(withStore(`redis://${new URL(url).host}`))
  t.like(third, { reached: false, found: 'answers, but not as Redis' })
})

test('Redis is probed as the service uses it, so whatever would fail there fails here', async (t) => {
  const { port, command } = await startRedis(t, { password: 'secret' })
  const found = async (rest: string, user = ':secret') => {
    const [result] = await probeConfig(withStore(`redis://${user}@127.0.0.1:${port}/${rest}`))
    return `${result?.reached} ${result?.found}`
  }
  t.is(await found('15'), 'true answers as Redis')
  t.is(await found('16'), 'false SELECT 16: ERR DB index is out of range')
  t.regex(await found('0', ':wrong'), /^false WRONGPASS/)
  t.regex(await found('0', ''), /^false NOAUTH/)
  await command('ACL', 'SETUSER', 'reader', 'on', '>r', '~*', '&*', '+@all', '-@write')
  t.regex(await found('0', 'reader:r'), /^false cannot be written to: .*can't run/)
  t.deepEqual(await command('KEYS', '*'), [], 'nothing is left behind')
})

test('where only one side uses TLS, the reason asks about it', async (t) => {
  const secure = await startRedis(t, { tls: createAuthority().issue() })
  const plain = await startRedis(t)
  const found = async (store: string) => (await probeConfig(withStore(store)))[0]?.found
  t.is(
    await found(`redis://127.0.0.1:${secure.port}`),
    'read ECONNRESET: does it require TLS (rediss://)?'
  )
  t.is(
    await found(`rediss://127.0.0.1:${plain.port}`),
    'connect ETIMEDOUT: does it have TLS, which rediss:// requires?'
  )
})

test('Redis in cluster mode is reported, and so are a read-only replica and a Redis without cluster mode', async (t) => {
  const cluster = await startRedis(t, { cluster: true })
  const source = await startRedis(t)
  const replica = await startRedis(t, { args: ['--replicaof', '127.0.0.1', String(source.port)] })
  const found = async (store: string) => (await probeConfig(withStore(store)))[0]?.found
  t.is(
    await found(`redis://127.0.0.1:${cluster.port}`),
    'this is a Redis Cluster: expected redis+cluster:// in its URL'
  )
  t.is(
    await found(`redis://127.0.0.1:${replica.port}`),
    'this is a read-only replica: expected the Redis that takes writes'
  )
  t.is(
    await found(`redis+cluster://127.0.0.1:${source.port}`),
    'cluster mode is disabled here: expected redis:// in its URL'
  )
  // One node, without slots.
  t.regex(
    (await found(`redis+cluster://127.0.0.1:${cluster.port}`)) ?? '',
    /^cluster 127\.0\.0\.1:\d+: CLUSTERDOWN/
  )
})

test('Sentinels get their own password, and the Redis that they name gets its own', async (t) => {
  const authority = createAuthority()
  const { master, sentinels, hosts } = await startWatchedRedis(t, {
    password: 'of-redis%',
    sentinelPassword: 'of-sentinels',
    tls: { ...authority.issue(), ca: authority.cert }
  })
  const probe = async (scheme: string, user: string, rest: string, tls?: object) => {
    const [result] = await probeConfig(withStore(`${scheme}://${user}${hosts}/${rest}`, tls))
    return result
  }
  const tls = { ca: authority.cert }
  const [user, query] = [':of-redis%25@', '?sentinelPassword=of-sentinels']
  t.deepEqual(await probe('rediss+sentinel', user, `mymaster/3${query}`, tls), {
    setting: 'revocation.store',
    address: `rediss+sentinel://${hosts}/mymaster`,
    reached: true,
    found: 'answers as Redis'
  })
  const port = sentinels[0]?.port
  const all = (reason: string) => new RegExp(`^(sentinel 127\\.0\\.0\\.1:\\d+: ${reason}(; )?){3}$`)
  const found = async (...input: Parameters<typeof probe>) => (await probe(...input))?.found ?? ''
  t.regex(
    await found('rediss+sentinel', user, `another${query}`, tls),
    all('does not know a Redis of the name another')
  )
  t.regex(await found('rediss+sentinel', user, 'mymaster', tls), all('NOAUTH[^;]*'))
  const wrong = `mymaster${query}x`
  t.regex(await found('rediss+sentinel', user, wrong, tls), all('WRONGPASS[^;]*'))
  t.regex(await found('rediss+sentinel', user, `mymaster${query}`), all('[^;]*certificate[^;]*'))
  t.regex(await found('rediss+sentinel', ':x@', `mymaster${query}`, tls), /^WRONGPASS/)
  t.regex(
    await found('rediss+sentinel', user, `mymaster/16${query}`, tls),
    /^SELECT 16: ERR DB index is out of range/
  )
  const [alone] = await probeConfig(withStore(`rediss://:of-sentinels@127.0.0.1:${port}`, tls))
  t.is(alone?.found, 'this is a Redis Sentinel: expected redis+sentinel://host:26379/name as URL')
  // A Sentinel that is down changes nothing, and neither does a silent one.
  await sentinels[0]?.kill()
  sentinels[1]?.freeze()
  t.like(await probe('rediss+sentinel', user, `mymaster${query}`, tls), { reached: true })
  await sentinels[2]?.kill()
  t.regex(
    await found('rediss+sentinel', user, `mymaster${query}`, tls),
    /ECONNREFUSED.*; .*; .*ECONNREFUSED/
  )
  await master.kill()
})

test('a directory is reached when it accepts connections, over TLS where its address is ldaps://', async (t) => {
  const authority = createAuthority()
  const directory = await startSlapd(t, authority.issue())
  const config = withGroups([
    { url: directory.url },
    { url: directory.tlsUrl, tls: { ca: authority.cert } }
  ])
  t.deepEqual(await probeConfig(config), [
    {
      setting: 'routes[0].groups[0].url',
      address: directory.url,
      reached: true,
      found: 'takes connections'
    },
    {
      setting: 'routes[0].groups[1].url',
      address: directory.tlsUrl,
      reached: true,
      found: 'takes connections, by TLS'
    }
  ])
  const named = directory.url.replace('//', '//user:secret@')
  t.like(await probeUrl('ldap', named), { address: directory.url, reached: true })
  t.like(await probeUrl('ldap', directory.tlsUrl), { reached: false })
  await directory.kill()
  for (const { reached } of await probeConfig(config)) t.false(reached)
})

const keys = [{ alg: 'HS256', secret: ENC_KEY }]

function withStore(store: string, tls?: object): object {
  const revocation = { store, ...(tls && { tls }) }
  return { keys, revocation, routes: [{ check: '/check', verify: [{ keys: 'all' }] }] }
}

function withGroups(places: readonly object[]): object {
  const groups = places.map((place) => ({
    from: 'ldap',
    base: 'dc=example',
    filter: '(uid={sub})',
    attribute: 'memberOf',
    ...place
  }))
  return { keys, routes: [{ check: '/check', verify: [{ keys: 'all' }], groups }] }
}
