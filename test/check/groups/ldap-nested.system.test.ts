import test, { type ExecutionContext } from 'ava'
import type { Entry } from 'ldapts'
import type { LdapSearch } from '../../../src/check/groups/ldap/ldap-connection.ts'
import { createLdapGroups } from '../../../src/check/groups/ldap/ldap-groups.ts'
import { createLdapLookup } from '../../helpers/ldap.ts'
import { createLifetime } from '../../helpers/lifetime.ts'
import {
  GROUPS,
  LIMITED_BIND,
  PEOPLE,
  startSlapd,
  type TestDirectory
} from '../../helpers/slapd.ts'

const UNAVAILABLE = { name: 'ServiceError', code: 'check_unavailable' } as const
const MEMBERSHIPS = { base: GROUPS, filter: '(member={dn})', attribute: 'cn' }
const MANY = 510

function group(name: string, ...members: string[]): string {
  const lines = members.map((member) => `member: ${member}\n`).join('')
  return `dn: cn=${name},${GROUPS}\nobjectClass: groupOfNames\ncn: ${name}\n${lines}\n`
}

function person(uid: string): string {
  return `dn: uid=${uid},${PEOPLE}\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: x\nmail: ${uid}@corp.example\n\n`
}

const dnOf = (name: string) => `cn=${name},${GROUPS}`
const names = (count: number, name: string) =>
  Array.from({ length: count }, (_, index) => `${name}${index}`)

/** Groups of groups that end in a cycle; a chain that is too long; and one person in many groups. */
const ENTRIES = [
  ...['mary', 'kate', 'joan'].map(person),
  group('technical', dnOf('staff')),
  group('all (*)', dnOf('technical')),
  `dn: ${dnOf('technical')}\nchangetype: modify\nadd: member\nmember: ${dnOf('all (*)')}\n\n`,
  ...names(17, 'level').map((name, index) =>
    group(name, index === 0 ? `uid=kate,${PEOPLE}` : dnOf(`level${index - 1}`))
  ),
  ...names(16, 'step').map((name, index) =>
    group(name, index === 0 ? `uid=joan,${PEOPLE}` : dnOf(`step${index - 1}`))
  ),
  ...names(MANY, 'many').map((name) => group(name, `uid=mary,${PEOPLE}`))
].join('')

let directory: TestDirectory
const file = createLifetime()
test.before('the directory is started', async () => {
  directory = await startSlapd(file, undefined, ENTRIES)
})
test.after.always(file.end)

const WAYS = [
  ['an attribute', { from: 'memberOf', take: 'rdn' }],
  ['memberships', { from: MEMBERSHIPS, take: 'value' }]
] as const
for (const [name, options] of WAYS) {
  test(`${name} finds groups of groups, and a cycle ends`, async (t) => {
    const direct = createLdapLookup(t, directory.url, options)
    t.deepEqual((await direct('ada'))?.toSorted(), ['Admins, Sons', 'staff'])
    const nested = createLdapLookup(t, directory.url, { ...options, nested: true })
    const all = ['Admins, Sons', 'all (*)', 'staff', 'technical']
    t.deepEqual((await nested('ada'))?.toSorted(), all)
    t.deepEqual((await nested('grace*)(uid=*'))?.toSorted(), all.slice(1))
    t.deepEqual(await nested('alan'), [])
    t.is(await nested('nobody'), undefined)
  })

  test(`${name} finds sixteen levels of groups, and a deeper chain makes the check unavailable`, async (t) => {
    const nested = createLdapLookup(t, directory.url, { ...options, nested: true })
    t.is((await nested('joan'))?.length, 16)
    const error = await t.throwsAsync(nested('kate'), UNAVAILABLE)
    t.regex((error?.cause as Error | undefined)?.message ?? '', /more than 16 levels/)
  })
}

test('more groups than one search returns are read in pages, for several subjects at a time', async (t) => {
  const lookUp = createLdapLookup(t, directory.url, {
    bind: LIMITED_BIND,
    from: MEMBERSHIPS,
    take: 'value'
  })
  const found = await Promise.all(['mary', 'ada', 'mary', 'joan', 'mary'].map(lookUp))
  t.deepEqual(
    found.map((groups) => groups?.length),
    [MANY, 2, MANY, 1, MANY]
  )
  t.is(new Set(found[0]).size, MANY)
})

test('an entry is found by any claim of the token, and by a part of one', async (t) => {
  const { url } = directory
  const { find } = createLdapLookup(t, url, {
    filter: '(&(uid={upn|before:@})(mail={upn}))',
    nested: true
  })
  const groupsOf = (upn: string) => find(new Map([['upn', upn]]))
  t.is((await groupsOf('joan@corp.example'))?.length, 16)
  for (const upn of [
    'joan@elsewhere.example',
    '*@corp.example',
    'joan)(uid=*@corp.example',
    ' joan@corp.example'
  ]) {
    t.is(await groupsOf(upn), undefined, upn)
  }
})

/** Answers the expected searches as Active Directory does, since no real one is available here. */
function createActiveDirectory(answers: Readonly<Record<string, Entry[]>>) {
  const searches: string[] = []
  const search = async ({ base, filter }: LdapSearch) => {
    searches.push(`${base} ${filter}`)
    return answers[filter] ?? []
  }
  const server = {}
  return {
    searches,
    directory: {
      ask: <R>(run: (s: typeof search, o: object) => Promise<R>) => run(search, server),
      close() {}
    }
  }
}

const ROOT = {
  dn: '',
  supportedCapabilities: ['1.2.840.113556.1.4.800', '1.2.840.113556.1.4.1670'],
  defaultNamingContext: 'DC=corp'
}
const ADA = 'CN=Ada (x),DC=corp'

async function assertChain(
  t: ExecutionContext,
  from: 'memberOf' | typeof MEMBERSHIPS,
  base: string
) {
  const chain = '(member:1.2.840.113556.1.4.1941:=CN=Ada \\28x\\29,DC=corp)'
  const { directory, searches } = createActiveDirectory({
    '(uid=ada)': [{ dn: ADA, memberOf: ['CN=a,DC=corp', 'CN=other,DC=partner'] }],
    '(objectClass=*)': [ROOT],
    '(member=CN=Ada \\28x\\29,DC=corp)': [{ dn: 'CN=a,DC=corp', cn: 'a' }],
    [chain]: ['a', 'b'].map((cn) => ({ dn: `CN=${cn},DC=corp`, cn }))
  })
  const { find } = createLdapGroups({
    directory,
    base: PEOPLE,
    filter: '(uid={sub})',
    from,
    nested: true,
    take: typeof from === 'string' ? 'rdn' : 'value'
  })
  const groups = new Set(await find(new Map([['sub', 'ada']])))
  t.deepEqual([...groups].toSorted(), typeof from === 'string' ? ['a', 'b', 'other'] : ['a', 'b'])
  t.is(searches.at(-1), `${base} ${chain}`)
  const count = searches.length
  await find(new Map([['sub', 'ada']]))
  t.is(searches.length, count * 2 - 1, 'what the server can do is read once')
}

test('Active Directory follows groups of an attribute itself, in its domain', (t) =>
  assertChain(t, 'memberOf', 'DC=corp'))
test('Active Directory follows memberships itself', (t) => assertChain(t, MEMBERSHIPS, GROUPS))
