import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import {
  createLdapConnection,
  type LdapConnectionOptions
} from '../../../src/check/groups/ldap/ldap-connection.ts'
import {
  createLdapGroups,
  type LdapGroupsOptions
} from '../../../src/check/groups/ldap/ldap-groups.ts'
import { createAuthority } from '../../helpers/certificates.ts'
import { eventually } from '../../helpers/eventually.ts'
import { createLifetime } from '../../helpers/lifetime.ts'
import { refusingUrl } from '../../helpers/remote.ts'
import { GROUPS, LDAP_BIND, PEOPLE, startSlapd, type TestDirectory } from '../../helpers/slapd.ts'

const UNAVAILABLE = { name: 'ServiceError', code: 'check_unavailable' } as const
const root = createAuthority()

type Options = Partial<LdapConnectionOptions & Omit<LdapGroupsOptions, 'connection'>>

/** Looks up what a directory says of subjects. */
function createLookup(t: ExecutionContext, url: string, options: Options = {}) {
  const connection = createLdapConnection({
    url,
    startTls: false,
    bind: LDAP_BIND,
    timeoutMs: 20_000,
    onOutcome() {},
    ...options
  })
  t.teardown(connection.close)
  return createLdapGroups({
    connection,
    base: PEOPLE,
    filter: '(uid={sub})',
    from: 'memberOf',
    take: 'rdn',
    ...options
  })
}

async function assertUnavailable(t: ExecutionContext, promise: Promise<unknown>, cause: RegExp) {
  const error = await t.throwsAsync(promise, UNAVAILABLE)
  t.regex((error?.cause as Error | undefined)?.message ?? '', cause)
}

/** Stands in front of a directory, and ends a connection when the next request comes on it, once it is told to. */
async function startCuttingProxy(t: ExecutionContext, target: string) {
  const { hostname, port } = new URL(target)
  let isCutting = false
  let connections = 0
  const server = createServer((client) => {
    connections++
    const directory = connect(Number(port), hostname)
    for (const socket of [client, directory]) socket.on('error', () => {})
    client.on('close', () => directory.destroy())
    directory.pipe(client)
    client.on('data', (request) => {
      if (isCutting) client.destroy()
      else directory.write(request)
      isCutting = false
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return {
    url: `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    cutNext() {
      isCutting = true
    }
  }
}

/** For the tests that only read in it, and let it run. */
let directory: TestDirectory
const file = createLifetime()
test.before('the directory is started', async () => {
  directory = await startSlapd(file)
})
test.after.always(file.end)

test('the groups of a subject are the values of an attribute of its entry', async (t) => {
  const { url } = directory
  const lookUp = createLookup(t, url)
  t.deepEqual((await lookUp('ada'))?.toSorted(), ['Admins, Sons', 'staff'])
  t.deepEqual(await lookUp('alan'), [])
  t.is(await lookUp('nobody'), undefined)
  const whole = createLookup(t, url, { take: 'value', from: 'DEPARTMENTnumber' })
  t.deepEqual((await whole('ada'))?.toSorted(), ['Engines', 'Notes'])
})

test('the groups of a subject are those that have its entry as a member', async (t) => {
  const { url } = directory
  const from = { base: GROUPS, filter: '(member={dn})', attribute: 'cn' }
  const lookUp = createLookup(t, url, { from, take: 'value' })
  t.deepEqual((await lookUp('ada'))?.toSorted(), ['Admins, Sons', 'staff'])
  t.deepEqual(await lookUp('grace*)(uid=*'), ['staff'])
  t.deepEqual(await lookUp('alan'), [])
  t.is(await lookUp('nobody'), undefined)
})

test('a subject is a value in the filter, whatever characters it has', async (t) => {
  const { url } = directory
  const lookUp = createLookup(t, url)
  for (const subject of [
    '*',
    'ad*',
    '*)(uid=*',
    'ada)(|(uid=*',
    'ada\0',
    '\\61da',
    'ada)',
    '{sub}'
  ]) {
    t.is(await lookUp(subject), undefined, subject)
  }
  t.deepEqual(await lookUp('grace*)(uid=*'), ['staff'])
})

test('a subject that the directory would take for another one has no entry, unless only the case differs', async (t) => {
  const { url } = directory
  const lookUp = createLookup(t, url)
  t.is((await lookUp('ADA'))?.length, 2)
  for (const subject of [' ada', 'ada ', '\uff41da', '\u00aada', 'ad\u{1d41a}']) {
    t.is(await lookUp(subject), undefined, JSON.stringify(subject))
  }
  const byName = createLookup(t, url, { filter: '(cn={sub})' })
  t.deepEqual(await byName('Grace (*)'), ['staff'])
  t.is(await byName('Grace  (*)'), undefined)
})

test('a filter that finds more than one entry makes the check unavailable', async (t) => {
  const { url } = directory
  const lookUp = createLookup(t, url, { filter: '(|(uid={sub})(sn=Turing))' })
  await assertUnavailable(t, lookUp('ada'), /more than one entry/)
})

test('a directory that returns a part of the groups makes the check unavailable', async (t) => {
  const entry = { dn: 'uid=ada', memberOf: [], 'memberOf;range=0-1499': ['cn=staff'] }
  const connection = { search: async () => [entry], close() {} }
  const lookUp = createLdapGroups({
    connection,
    base: PEOPLE,
    filter: '(uid={sub})',
    from: 'memberOf',
    take: 'value'
  })
  await assertUnavailable(t, lookUp('ada'), /a part of the groups/)
})

test('a group without a name of the expected form makes the check unavailable', async (t) => {
  const { url } = directory
  const lookUp = createLookup(t, url, { from: 'departmentNumber' })
  await assertUnavailable(t, lookUp('ada'), /not a distinguished name/)
})

test('one connection serves all look-ups, and another one follows after a restart', async (t) => {
  const slapd = await startSlapd(t)
  const lookUp = createLookup(t, slapd.url)
  const before = slapd.connections()
  await Promise.all([lookUp('ada'), lookUp('alan'), lookUp('nobody')])
  await lookUp('ada')
  t.is(slapd.connections(), before + 1)
  await slapd.kill()
  await assertUnavailable(t, lookUp('ada'), /./)
  await slapd.start()
  t.is((await lookUp('ada'))?.length, 2)
  t.is(slapd.connections(), before + 2)
})

test('a look-up on a connection that ends under it is made again, on another one', async (t) => {
  const slapd = await startSlapd(t)
  const proxy = await startCuttingProxy(t, slapd.url)
  const lookUp = createLookup(t, proxy.url)
  t.is((await lookUp('ada'))?.length, 2)
  proxy.cutNext()
  t.is((await lookUp('ada'))?.length, 2)
  t.is(proxy.connections(), 2)
})

for (const [name, scheme] of [
  ['StartTLS', 'url'],
  ['ldaps://', 'tlsUrl']
] as const) {
  test(`${name} is spoken with a directory of the own authority, before and after a restart`, async (t) => {
    const slapd = await startSlapd(t, root.issue())
    const startTls = scheme === 'url'
    const lookUp = createLookup(t, slapd[scheme], { startTls, tls: { ca: root.cert } })
    t.is((await lookUp('ada'))?.length, 2)
    await slapd.kill()
    await assertUnavailable(t, lookUp('ada'), /./)
    await slapd.start()
    t.is((await lookUp('ada'))?.length, 2)
  })

  test(`${name} is not spoken with a directory whose certificate is not trusted`, async (t) => {
    const slapd = await startSlapd(t, root.issue({ hosts: ['elsewhere.example'] }))
    const before = slapd.connections()
    const startTls = scheme === 'url'
    for (const [tls, reason] of [
      [{ ca: root.cert }, /does not match/],
      [undefined, /unable to verify|self.signed/],
      [{ ca: createAuthority().cert }, /unable to verify|signature/]
    ] as const) {
      const lookUp = createLookup(t, slapd[scheme], { startTls, tls })
      await assertUnavailable(t, lookUp('ada'), reason)
      await assertUnavailable(t, lookUp('ada'), reason)
    }
    t.is(slapd.connections(), before)
  })
}

test('StartTLS that the directory does not have sends no password', async (t) => {
  const slapd = await startSlapd(t)
  const before = slapd.connections()
  await assertUnavailable(t, createLookup(t, slapd.url, { startTls: true })('ada'), /./)
  t.is(slapd.connections(), before)
})

test('a wrong password, none at all and an unknown base say nothing', async (t) => {
  const { url } = directory
  const wrong = { dn: LDAP_BIND.dn, password: 'wrong' }
  const lookUp = createLookup(t, url, { bind: wrong })
  await assertUnavailable(t, lookUp('ada'), /./)
  await assertUnavailable(t, lookUp('ada'), /./)
  await assertUnavailable(t, createLookup(t, url, { bind: undefined })('ada'), /./)
  await assertUnavailable(t, createLookup(t, url, { base: 'dc=elsewhere' })('ada'), /./)
})

test('a bind that was rejected is tried again by the next look-up', async (t) => {
  const { url, setPassword } = await startSlapd(t)
  const bind = { dn: `uid=alan,${PEOPLE}`, password: 'of Alan' }
  const lookUp = createLookup(t, url, { bind })
  await assertUnavailable(t, lookUp('ada'), /./)
  await setPassword(bind.dn, bind.password)
  // Alan may not read entries, and the directory does not say that there are any.
  t.is(await lookUp('ada'), undefined)
})

test('a directory that does not answer is given up after the timeout, and used again later', async (t) => {
  const slapd = await startSlapd(t)
  const lookUp = createLookup(t, slapd.url, { timeoutMs: 2_000 })
  // Two seconds are enough for a directory that is silent, and not always for one that is busy.
  const isAnswered = () =>
    lookUp('ada').then(
      (groups) => groups?.length === 2,
      () => false
    )
  await eventually(isAnswered)
  await slapd.pause()
  await assertUnavailable(t, lookUp('ada'), /in time/)
  // This one finds no connection; the system takes it, and nobody greets it.
  await assertUnavailable(t, lookUp('ada'), /in time/)
  slapd.resume()
  await eventually(isAnswered)
})

test('a directory that does not listen makes the check unavailable', async (t) => {
  const url = (await refusingUrl(t)).replace(/^http(.*)\/login$/, 'ldap$1')
  await assertUnavailable(t, createLookup(t, url)('ada'), /ECONNREFUSED/)
})

test('an empty password is rejected, since directories treat it as anonymous', (t) => {
  const options = {
    url: 'ldap://127.0.0.1',
    startTls: false,
    timeoutMs: 1,
    onOutcome() {}
  }
  t.throws(() => createLdapConnection({ ...options, bind: { dn: 'cn=a', password: '' } }), {
    instanceOf: TypeError
  })
})
