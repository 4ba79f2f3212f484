import test, { type ExecutionContext } from 'ava'
import { createAuthority } from '../../helpers/certificates.ts'
import { eventually } from '../../helpers/eventually.ts'
import { createFakeClock } from '../../helpers/fake-clock.ts'
import { send } from '../../helpers/http.ts'
import {
  createLdapLookup,
  type LookupOptions,
  startFailingLdap,
  startSilentLdap
} from '../../helpers/ldap.ts'
import { createLifetime } from '../../helpers/lifetime.ts'
import { refusingUrl } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { LDAP_BIND, PEOPLE, startSlapd, type TestDirectory } from '../../helpers/slapd.ts'
import { makeToken } from '../../helpers/tokens.ts'

const UNAVAILABLE = { name: 'ServiceError', code: 'check_unavailable' } as const
const root = createAuthority()

async function refusingLdap(t: ExecutionContext): Promise<string> {
  return (await refusingUrl(t)).replace(/^http(.*)\/login$/, 'ldap$1')
}

/** Looks up with several servers, and keeps which of them were searched. */
function createCountedLookup(t: ExecutionContext, urls: string[], options: LookupOptions = {}) {
  const asked: string[] = []
  const onOutcome = (url: string, outcome: string) => asked.push(`${urls.indexOf(url)} ${outcome}`)
  return { asked, lookUp: createLdapLookup(t, urls, { onOutcome, ...options }) }
}

async function causeOf(t: ExecutionContext, promise: Promise<unknown>): Promise<string> {
  const error = await t.throwsAsync(promise, UNAVAILABLE)
  return (error?.cause as Error | undefined)?.message ?? ''
}

/** For the tests that only read in it, and leave it running. */
let directory: TestDirectory
const file = createLifetime()
test.before('the directory is started', async () => {
  directory = await startSlapd(file)
})
test.after.always(file.end)

const failing: [string, (t: ExecutionContext) => Promise<string>][] = [
  ['does not listen', refusingLdap],
  ['has no address', async () => 'ldap://nowhere.invalid'],
  ['ends connections', async (t) => (await startFailingLdap(t, 'end')).url],
  ['is busy (51)', async (t) => (await startFailingLdap(t, 51)).url],
  ['is unavailable (52)', async (t) => (await startFailingLdap(t, 52)).url],
  ['is unwilling (53)', async (t) => (await startFailingLdap(t, 53)).url]
]
for (const [name, start] of failing) {
  test(`after a server that ${name} the next one is asked, and remembered`, async (t) => {
    const urls = [await start(t), directory.url]
    const { lookUp, asked } = createCountedLookup(t, urls)
    t.is((await lookUp('ada'))?.length, 2)
    t.deepEqual(asked, ['0 check_unavailable', '1 ok'])
    t.deepEqual(await lookUp('alan'), [])
    t.is(await lookUp('nobody'), undefined)
    t.deepEqual(asked.slice(2), ['1 ok', '1 ok'])
  })
}

test('after a server that is silent the next one is asked within the same time, and remembered', async (t) => {
  const silent = await startSilentLdap(t)
  const { lookUp, asked } = createCountedLookup(t, [silent.url, directory.url])
  t.is((await lookUp('ada'))?.length, 2)
  t.is(silent.connections(), 1)
  await lookUp('ada')
  t.is(silent.connections(), 1)
  await eventually(() => asked.length === 3)
  t.deepEqual(asked.toSorted(), ['0 check_unavailable', '1 ok', '1 ok'])
})

test('a server whose certificate is not trusted is left out, and gets no password', async (t) => {
  const other = await startSlapd(t, createAuthority().issue())
  const good = await startSlapd(t, root.issue())
  for (const scheme of ['url', 'tlsUrl'] as const) {
    const urls = [other[scheme], good[scheme]]
    const before = other.connections()
    const { lookUp, asked } = createCountedLookup(t, urls, {
      startTls: scheme === 'url',
      tls: { ca: root.cert }
    })
    t.is((await lookUp('ada'))?.length, 2)
    t.deepEqual(asked, ['0 check_unavailable', '1 ok'])
    t.is(other.connections(), before)
  }
})

test('a server that rejects the bind is left out', async (t) => {
  const second = await startSlapd(t)
  const bind = { dn: `uid=alan,${PEOPLE}`, password: 'of Alan' }
  await second.setPassword(bind.dn, bind.password)
  const lookUp = createLdapLookup(t, [directory.url, second.url], { bind })
  // Alan may not read entries.
  t.is(await lookUp('ada'), undefined)
})

test('the answer of a directory is final, and no other server is asked', async (t) => {
  const { url } = directory
  const { lookUp, asked } = createCountedLookup(t, [url, url.replace('127.0.0.1', 'localhost')])
  t.is(await lookUp('nobody'), undefined)
  t.deepEqual(asked, ['0 ok'])
  const elsewhere = createCountedLookup(t, [url, url.replace('127.0.0.1', 'localhost')], {
    base: 'dc=elsewhere'
  })
  await causeOf(t, elsewhere.lookUp('ada'))
  t.deepEqual(elsewhere.asked, ['0 check_unavailable'])
})

test('a server that is back is used again after a trial that no look-up waits for', async (t) => {
  const clock = createFakeClock()
  const first = await startSlapd(t)
  const reports: string[] = []
  const { lookUp, asked } = createCountedLookup(t, [first.url, directory.url], {
    now: clock.now,
    onReport: (url, fault) => reports.push(`${url} ${fault ?? 'works'}`)
  })
  await lookUp('ada')
  t.deepEqual(reports, [])
  await first.kill()
  await lookUp('ada')
  t.deepEqual(asked.splice(0), ['0 ok', '0 check_unavailable', '1 ok'])
  // It is tried and still down.
  await clock.advance(30_000)
  await lookUp('ada')
  await first.start()
  const connections = first.connections()
  await lookUp('ada')
  t.deepEqual(asked.splice(0), ['1 ok', '1 ok'])
  t.is(first.connections(), connections)
  await clock.advance(30_000)
  await lookUp('ada')
  t.deepEqual(asked.splice(0), ['1 ok'])
  await eventually(() => first.connections() > connections)
  await eventually(async () => {
    await lookUp('ada')
    return asked.at(-1) === '0 ok'
  })
  t.is(reports.length, 2, 'however often it failed')
  t.regex(reports[0] ?? '', RegExp(`^${first.url} .*(?:ECONNREFUSED|closed|ended)`))
  t.is(reports[1], `${first.url} works`)
})

test('the log has a line when a server fails', async (t) => {
  const down = await refusingLdap(t)
  const groups = {
    from: 'ldap',
    url: [down, directory.url],
    startTls: false,
    base: PEOPLE,
    filter: '(uid={sub})',
    attribute: 'memberOf',
    bindDn: LDAP_BIND.dn,
    password: LDAP_BIND.password
  }
  const { url, log } = await startService(t, {
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [{ check: '/check', verify: [{ keys: 'all' }], groups: [groups] }]
    })
  })
  const authorization = `Bearer ${makeToken('{"sub":"ada","exp":9999999999}')}`
  for (let check = 0; check < 2; check++) {
    t.is((await send(`${url}/check`, { headers: { authorization } })).status, 200)
  }
  const lines = log.filter(({ msg }) => msg === 'directory server failed')
  t.is(lines.length, 1)
  t.like(lines[0], { level: 'warn', server: new URL(down).host })
  t.regex(String(lines[0]?.error), /ECONNREFUSED/)
})

test('when the remembered server fails, servers that failed before are asked again at once', async (t) => {
  const first = await startSlapd(t)
  const second = await startSlapd(t)
  await first.kill()
  const { lookUp, asked } = createCountedLookup(t, [first.url, second.url])
  await lookUp('ada')
  await first.start()
  await second.kill()
  t.is((await lookUp('ada'))?.length, 2)
  t.is(asked.at(-1), '0 ok')
  await second.start()
  await first.kill()
  t.is((await lookUp('ada'))?.length, 2)
  t.is(asked.at(-1), '1 ok')
})

test('without an answer of any server the check is unavailable, and the cause names each server', async (t) => {
  const urls = [await refusingLdap(t), (await startFailingLdap(t, 51)).url]
  const cause = await causeOf(t, createLdapLookup(t, urls)('ada'))
  for (const url of urls) t.true(cause.includes(url), cause)
  t.regex(cause, /ECONNREFUSED/)
  t.false(cause.includes(LDAP_BIND.password))
})

test('all silent servers together take no longer than the timeout of one look-up', async (t) => {
  const silent = await Promise.all([startSilentLdap(t), startSilentLdap(t), startSilentLdap(t)])
  const urls = silent.map(({ url }) => url)
  const cause = await causeOf(t, createLdapLookup(t, urls, { timeoutMs: 3_000 })('ada'))
  t.is(cause.match(/in time/g)?.length, 3)
  await eventually(() => silent.every(({ connections }) => connections() === 1))
})

test('a server that is slow but not silent may still be the first to answer', async (t) => {
  const slow = await startSlapd(t)
  const silent = await startSilentLdap(t)
  const { lookUp, asked } = createCountedLookup(t, [slow.url, silent.url], { timeoutMs: 20_000 })
  await lookUp('ada')
  await slow.pause()
  const answer = lookUp('ada')
  await eventually(() => silent.connections() === 1, 20)
  slow.resume()
  t.is((await answer)?.length, 2)
  t.deepEqual(asked, ['0 ok', '0 ok'])
})
