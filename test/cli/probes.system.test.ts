/** What `check-config --probe` finds out about a real Redis and a real directory. */
import test from 'ava'
import { createAuthority } from '../helpers/certificates.ts'
import { probeConfig, probeUrl } from '../helpers/probe.ts'
import { startRedis } from '../helpers/redis.ts'
import { startRawRemote } from '../helpers/remote.ts'
import { startSlapd } from '../helpers/slapd.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

test('Redis is told by its answer, with a password or without', async (t) => {
  const open = await startRedis(t)
  const locked = await startRedis(t, { password: 'secret' })
  const [first] = await probeConfig(withStore(`redis://127.0.0.1:${open.port}/0`))
  t.like(first, { reached: true, found: 'answers as Redis' })
  const [second] = await probeConfig(withStore(`redis://:secret@127.0.0.1:${locked.port}/0`))
  t.like(second, { setting: 'revocation.store', reached: true })
  t.regex(second?.found ?? '', /^answers as Redis: NOAUTH/)
  const { url } = await startRawRemote(t, (socket) =>
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  )
  const third = await probeUrl('redis', url.replace('http:', 'redis:'))
  t.like(third, { reached: false, found: 'answers, but not as Redis' })
})

test('a directory is reached when it takes connections, by TLS where its address says so', async (t) => {
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

function withStore(store: string): object {
  return { keys, revocation: { store }, routes: [{ check: '/check', verify: [{ keys: 'all' }] }] }
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
