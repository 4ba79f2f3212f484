import test, { type ExecutionContext } from 'ava'
import { createLdapConnection } from '../../../src/check/groups/ldap/ldap-connection.ts'
import { createLdapGroups } from '../../../src/check/groups/ldap/ldap-groups.ts'
import { createAuthority } from '../../helpers/certificates.ts'
import { eventually } from '../../helpers/eventually.ts'
import { createLdapLookup, startCuttingProxy } from '../../helpers/ldap.ts'
import { createLifetime } from '../../helpers/lifetime.ts'
import { refusingUrl } from '../../helpers/remote.ts'
import { GROUPS, LDAP_BIND, PEOPLE, startSlapd, type TestDirectory } from '../../helpers/slapd.ts'

const UNAVAILABLE = { name: 'ServiceError', code: 'check_unavailable' } as const
const root = createAuthority()

async function assertUnavailable(t: ExecutionContext, promise: Promise<unknown>, cause: RegExp) {
  const error = await t.throwsAsync(promise, UNAVAILABLE)
  t.regex((error?.cause as Error | undefined)?.message ?? '', cause)
}

/** For the tests that only read in it, and leave it running. */
let directory: TestDirectory
const file = createLifetime()
test.before('the directory is started', async () => {
  directory = await startSlapd(file)
})
test.after.always(file.end)

test('the groups of a subject are the values of an attribute of its entry', async (t) => {
  const { url } = directory
  const lookUp = createLdapLookup(t, url)
  t.deepEqual((await lookUp('ada'))?.toSorted(), ['Admins, Sons', 'staff'])
  t.deepEqual(await lookUp('alan'), [])
  t.is(await lookUp('nobody'), undefined)
  const whole = createLdapLookup(t, url, { take: 'value', from: 'DEPARTMENTnumber' })
  t.deepEqual((await whole('ada'))?.toSorted(), ['Engines', 'Notes'])
})

test('the groups of a subject are the groups with its entry as a member', async (t) => {
  const { url } = directory
  const from = { base: GROUPS, filter: '(member={dn})', attribute: 'cn' }
  const lookUp = createLdapLookup(t, url, { from, take: 'value' })
  t.deepEqual((await lookUp('ada'))?.toSorted(), ['Admins, Sons', 'staff'])
  t.deepEqual(await lookUp('grace*)(uid=*'), ['staff'])
  t.deepEqual(await lookUp('alan'), [])
  t.is(await lookUp('nobody'), undefined)
})

test('a subject is a value in the filter, whatever characters it has', async (t) => {
  const { url } = directory
  const lookUp = createLdapLookup(t, url)
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
  const lookUp = createLdapLookup(t, url)
  t.is((await lookUp('ADA'))?.length, 2)
  for (const subject of [' ada', 'ada ', '\uff41da', '\u00aada', 'ad\u{1d41a}']) {
    t.is(await lookUp(subject), undefined, JSON.stringify(subject))
  }
  const byName = createLdapLookup(t, url, { filter: '(cn={sub})' })
  t.deepEqual(await byName('Grace (*)'), ['staff'])
  t.is(await byName('Grace  (*)'), undefined)
})

test('a subject in a distinguished name matches its own entry alone', async (t) => {
  const { url } = directory
  const lookUp = createLdapLookup(t, url, { filter: `(entryDN=uid={sub},${PEOPLE})` })
  t.is((await lookUp('ada'))?.length, 2)
  for (const subject of ['\\61da', `ada,${PEOPLE}`, 'ada+cn=x', 'nobody', '#616461']) {
    t.is(await lookUp(subject), undefined, subject)
  }
})

test('a filter that finds more than one entry makes the check unavailable', async (t) => {
  const { url } = directory
  const lookUp = createLdapLookup(t, url, { filter: '(|(uid={sub})(sn=Turing))' })
  await assertUnavailable(t, lookUp('ada'), /more than one entry/)
})

test('a directory that returns a part of the groups makes the check unavailable', async (t) => {
  const entry = { dn: 'uid=ada', memberOf: [], 'memberOf;range=0-1499': ['cn=staff'] }
  const { find } = createLdapGroups({
    directory: { ask: (lookUp) => lookUp(async () => [entry], {}), close() {} },
    base: PEOPLE,
    filter: '(uid={sub})',
    from: 'memberOf',
    nested: false,
    take: 'value'
  })
  await assertUnavailable(t, find(new Map([['sub', 'ada']])), /a part of the groups/)
})

test('a group without a name of the expected form makes the check unavailable', async (t) => {
  const { url } = directory
  const lookUp = createLdapLookup(t, url, { from: 'departmentNumber' })
  await assertUnavailable(t, lookUp('ada'), /not a distinguished name/)
})

test('all look-ups share one connection, and a new one is opened after a restart', async (t) => {
  const slapd = await startSlapd(t)
  const lookUp = createLdapLookup(t, slapd.url)
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

test('a look-up whose connection ends is repeated on a new one', async (t) => {
  const slapd = await startSlapd(t)
  const proxy = await startCuttingProxy(t, slapd.url)
  const lookUp = createLdapLookup(t, proxy.url)
  t.is((await lookUp('ada'))?.length, 2)
  proxy.cutNext()
  t.is((await lookUp('ada'))?.length, 2)
  t.is(proxy.connections(), 2)
})

for (const [name, scheme] of [
  ['StartTLS', 'url'],
  ['ldaps://', 'tlsUrl']
] as const) {
  test(`${name} works with a directory of a configured authority, before and after a restart`, async (t) => {
    const slapd = await startSlapd(t, root.issue())
    const startTls = scheme === 'url'
    const lookUp = createLdapLookup(t, slapd[scheme], { startTls, tls: { ca: root.cert } })
    t.is((await lookUp('ada'))?.length, 2)
    await slapd.kill()
    await assertUnavailable(t, lookUp('ada'), /./)
    await slapd.start()
    t.is((await lookUp('ada'))?.length, 2)
  })

  test(`${name} rejects a directory whose certificate is not trusted`, async (t) => {
    const slapd = await startSlapd(t, root.issue({ hosts: ['elsewhere.example'] }))
    const before = slapd.connections()
    const startTls = scheme === 'url'
    for (const [tls, reason] of [
      [{ ca: root.cert }, /does not match/],
      [undefined, /unable to verify|self.signed/],
      [{ ca: createAuthority().cert }, /unable to verify|signature/]
    ] as const) {
      const lookUp = createLdapLookup(t, slapd[scheme], { startTls, tls })
      await assertUnavailable(t, lookUp('ada'), reason)
      await assertUnavailable(t, lookUp('ada'), reason)
    }
    t.is(slapd.connections(), before)
  })
}

test('no password is sent to a directory that does not support StartTLS', async (t) => {
  const slapd = await startSlapd(t)
  const before = slapd.connections()
  await assertUnavailable(t, createLdapLookup(t, slapd.url, { startTls: true })('ada'), /./)
  t.is(slapd.connections(), before)
})

test('a wrong password, a missing one and an unknown base make the check unavailable', async (t) => {
  const { url } = directory
  const wrong = { dn: LDAP_BIND.dn, password: 'wrong' }
  const lookUp = createLdapLookup(t, url, { bind: wrong })
  await assertUnavailable(t, lookUp('ada'), /./)
  await assertUnavailable(t, lookUp('ada'), /./)
  await assertUnavailable(t, createLdapLookup(t, url, { bind: undefined })('ada'), /./)
  await assertUnavailable(t, createLdapLookup(t, url, { base: 'dc=elsewhere' })('ada'), /./)
})

test('the next look-up tries a rejected bind again', async (t) => {
  const { url, setPassword } = await startSlapd(t)
  const bind = { dn: `uid=alan,${PEOPLE}`, password: 'of Alan' }
  const lookUp = createLdapLookup(t, url, { bind })
  await assertUnavailable(t, lookUp('ada'), /./)
  await setPassword(bind.dn, bind.password)
  // Alan may not read entries, and the directory does not reveal that there are any.
  t.is(await lookUp('ada'), undefined)
})

test('a look-up in a silent directory ends at the timeout, and the directory is used again later', async (t) => {
  const slapd = await startSlapd(t)
  const lookUp = createLdapLookup(t, slapd.url, { timeoutMs: 2_000 })
  // Two seconds are enough for a silent directory, and not always for a busy one.
  const isAnswered = () =>
    lookUp('ada').then(
      (groups) => groups?.length === 2,
      () => false
    )
  await eventually(isAnswered)
  await slapd.pause()
  await assertUnavailable(t, lookUp('ada'), /in time/)
  // This one has no connection yet; the system accepts it, and the directory does not answer.
  await assertUnavailable(t, lookUp('ada'), /in time/)
  slapd.resume()
  await eventually(isAnswered)
})

test('a directory that does not listen makes the check unavailable', async (t) => {
  const url = (await refusingUrl(t)).replace(/^http(.*)\/login$/, 'ldap$1')
  await assertUnavailable(t, createLdapLookup(t, url)('ada'), /ECONNREFUSED/)
})

test('an empty password is rejected, since directories treat it as anonymous', (t) => {
  const options = {
    url: 'ldap://127.0.0.1',
    startTls: false,
    onOutcome() {}
  }
  t.throws(() => createLdapConnection({ ...options, bind: { dn: 'cn=a', password: '' } }), {
    instanceOf: TypeError
  })
})
