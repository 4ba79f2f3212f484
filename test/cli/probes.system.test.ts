/** What `check-config --probe` finds out about a real Redis and a real directory. */
import test from 'ava'
import { createAuthority } from '../helpers/certificates.ts'
import { probe } from '../helpers/probe.ts'
import { startRedis } from '../helpers/redis.ts'
import { startRawRemote } from '../helpers/remote.ts'
import { startSlapd } from '../helpers/slapd.ts'

test('Redis is told by its answer, with a password or without', async (t) => {
  const open = await startRedis(t)
  const locked = await startRedis(t, { password: 'secret' })
  const [first] = await probe({ store: `redis://127.0.0.1:${open.port}/0` })
  t.like(first, { reached: true, found: 'answers as Redis' })
  const store = { kind: 'redis', host: '127.0.0.1', port: locked.port, password: 'secret' }
  const [second] = await probe({ revocation: { store } })
  t.like(second, { setting: 'revocation.store', reached: true })
  t.regex(second?.found ?? '', /^answers as Redis: NOAUTH/)
  const { url } = await startRawRemote(t, (socket) =>
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  )
  const [third] = await probe({ store: url.replace('http:', 'redis:') })
  t.like(third, { reached: false, found: 'answers, but not as Redis' })
})

test('a directory is reached when it takes connections, by TLS where its address says so', async (t) => {
  const authority = createAuthority()
  const directory = await startSlapd(t, authority.issue())
  const groups = [
    { url: directory.url.replace('//', '//user:secret@') },
    { url: directory.tlsUrl, tls: { ca: authority.cert } }
  ]
  t.deepEqual(await probe({ groups }), [
    {
      setting: 'groups[0].url',
      address: directory.url,
      reached: true,
      found: 'takes connections'
    },
    {
      setting: 'groups[1].url',
      address: directory.tlsUrl,
      reached: true,
      found: 'takes connections, by TLS'
    }
  ])
  t.like((await probe({ url: directory.tlsUrl }))[0], { reached: false })
  await directory.kill()
  for (const { reached } of await probe({ groups })) t.false(reached)
})
