import test from 'ava'
import { checkConfig } from '../../helpers/check-config.ts'
import { parse, problemsOf } from '../../helpers/config.ts'
import { ENC_KEY } from '../../helpers/tokens.ts'

const env = { ENC_KEY }
const LDAP = {
  from: 'ldap',
  url: 'ldaps://ldap.example.com',
  base: 'dc=example',
  filter: '(uid={sub})',
  attribute: 'memberOf'
}
const ENDPOINT = { from: 'endpoint', url: 'https://groups.example.com/{sub}' }

function routeOf(check: Record<string, unknown>) {
  return parse(checkConfig({ check }), { env }).routes[0]
}

test('a place for groups has defaults for what is left out', (t) => {
  t.like(routeOf({ groups: [{ from: 'token' }, LDAP, ENDPOINT] }), {
    groups: [
      { from: 'token', claim: ['groups'] },
      {
        from: 'ldap',
        url: ['ldaps://ldap.example.com'],
        take: 'value',
        nested: false,
        timeout: 2000,
        startTls: undefined
      },
      { from: 'endpoint', method: 'GET', headers: {}, allowHttp: false, timeout: 2000 }
    ],
    groupsCache: { for: 30_000, entries: 10_000 },
    onRefusal: 'end',
    onUnavailable: 'end'
  })
  const { attribute: _, ...entry } = LDAP
  t.like(routeOf({ groups: [{ ...entry, memberships: { base: 'ou=groups' } }] }), {
    groups: [{ memberships: { filter: '(member={dn})', attribute: 'cn' } }]
  })
})

test('an endpoint that verifies has defaults for what is left out', (t) => {
  const endpoint = 'https://idp.example.com/validate'
  t.like(routeOf({ verify: [{ endpoint }] }), {
    verify: [{ endpoint, timeout: 2000, cache: undefined }]
  })
  t.like(routeOf({ verify: [{ endpoint, cache: {} }] }), {
    verify: [{ cache: { for: 30_000, entries: 10_000 } }]
  })
})

for (const url of [
  ['ldap://a', 'ldaps://b:1636'],
  'ldap://a ldaps://b:1636',
  ' ldap://a,\n  ldaps://b:1636 '
]) {
  test(`several servers may be ${JSON.stringify(url)}`, (t) => {
    const urls = ['ldap://a', 'ldaps://b:1636']
    t.like(routeOf({ groups: [{ ...LDAP, url }] }), { groups: [{ url: urls }] })
  })
}

test('the error for a server of a list names it', (t) => {
  const places = [
    { ...LDAP, url: ['ldap://a', 'http://b'] },
    { ...LDAP, url: 'ldap://a http://b' }
  ]
  const expected = 'expected an ldap:// or ldaps:// URL, with a host and maybe a port'
  t.deepEqual(problemsOf(t, checkConfig({ check: { groups: places } }), { env }), [
    `routes[0].groups[0].url[1]: ${expected}`,
    `routes[0].groups[1].url: ${expected}`
  ])
})

const rejected: [string, Record<string, unknown>, string][] = [
  ['a place that there is not', { from: 'sky' }, '.from: expected token, ldap or endpoint'],
  [
    'a claim without a name',
    { from: 'token', claim: 'a..b' },
    '.claim: expected the path of a claim, such as groups or realm_access.roles'
  ],
  [
    'http:// for groups',
    { ...ENDPOINT, url: 'http://a/{sub}' },
    '.url: expected an https:// URL; plain http:// needs allowHttp: true'
  ],
  [
    'a URL without the subject',
    { ...ENDPOINT, url: 'https://a/' },
    '.url: expected a URL with {sub} in it, or the method POST'
  ],
  [
    'a subject in the host',
    { ...ENDPOINT, url: 'https://{sub}.example/' },
    '.url: expected a URL with {sub} as a whole segment of its path or value of its query'
  ],
  [
    'a header with a line end',
    { ...ENDPOINT, headers: { a: 'b\r\nc: d' } },
    '.headers.a: expected printable characters'
  ],
  [
    'one header in two spellings',
    { ...ENDPOINT, headers: { Authorization: 'a', authorization: 'b' } },
    '.headers: expected each header field once'
  ],
  [
    'another scheme',
    { ...LDAP, url: 'http://ldap.example.com' },
    '.url: expected an ldap:// or ldaps:// URL, with a host and maybe a port'
  ],
  [
    'a password in the URL',
    { ...LDAP, url: 'ldap://a:b@ldap.example.com' },
    '.url: expected an ldap:// or ldaps:// URL, with a host and maybe a port'
  ],
  [
    'StartTLS on ldaps://',
    { ...LDAP, startTls: true },
    '.startTls: ldaps:// is TLS from the start, expected none'
  ],
  [
    'a name without a password',
    { ...LDAP, bindDn: 'cn=a' },
    ': expected bindDn and password together'
  ],
  [
    'an empty password',
    { ...LDAP, bindDn: 'cn=a', password: '' },
    '.password: expected a password'
  ],
  [
    'a filter for everybody',
    { ...LDAP, filter: '(uid=*)' },
    '.filter: expected a filter with a claim in it, such as (uid={sub})'
  ],
  [
    'a broken filter',
    { ...LDAP, filter: '(uid={sub}' },
    '.filter: expected a filter such as (uid={sub}), with placeholders as values'
  ],
  [
    'a part that there is not',
    { ...LDAP, filter: '(uid={sub|left:@})' },
    '.filter: expected before:TEXT, after:TEXT or without:TEXT behind the |, such as {sub|before:@}'
  ],
  [
    'one server twice',
    { ...LDAP, url: ['ldap://a', 'ldap://a'] },
    '.url: expected each server once'
  ],
  ['no server', { ...LDAP, url: [] }, '.url: expected at least one server'],
  [
    'StartTLS on one that is ldaps://',
    { ...LDAP, url: ['ldap://a', 'ldaps://a'], startTls: true },
    '.startTls: ldaps:// is TLS from the start, expected none'
  ],
  [
    'nested groups that are found by claims',
    {
      ...LDAP,
      attribute: undefined,
      nested: true,
      memberships: { base: 'a', filter: '(memberUid={sub})' }
    },
    '.memberships.filter: expected a filter with {dn} and no claim, which finds the groups of a group as well'
  ],
  [
    'two ways to groups',
    { ...LDAP, memberships: { base: 'a' } },
    ': expected exactly one of attribute and memberships'
  ]
]
for (const [name, place, problem] of rejected) {
  test(`${name} is rejected`, (t) => {
    const config = checkConfig({ check: { groups: [place] } })
    t.deepEqual(problemsOf(t, config, { env }), [`routes[0].groups[0]${problem}`])
  })
}

test('http:// for an endpoint that verifies is rejected unless it is allowed explicitly', (t) => {
  const endpoint = 'http://idp/validate'
  t.deepEqual(problemsOf(t, checkConfig({ check: { verify: [{ endpoint }] } }), { env }), [
    'routes[0].verify[0].endpoint: expected an https:// URL; plain http:// needs allowHttp: true'
  ])
  t.notThrows(() => routeOf({ verify: [{ endpoint, allowHttp: true }] }))
})
