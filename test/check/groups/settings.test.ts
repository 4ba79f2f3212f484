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
      { from: 'ldap', take: 'value', timeout: 2000, startTls: undefined },
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

const refused: [string, Record<string, unknown>, string][] = [
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
    '.url: expected a URL with {sub} in its path or query'
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
    '.filter: expected a filter with {sub}'
  ],
  [
    'a broken filter',
    { ...LDAP, filter: '(uid={sub}' },
    '.filter: expected a filter such as (uid={sub}), with placeholders as values'
  ],
  [
    'two ways to groups',
    { ...LDAP, memberships: { base: 'a' } },
    ': expected exactly one of attribute and memberships'
  ]
]
for (const [name, place, problem] of refused) {
  test(`${name} is rejected`, (t) => {
    const config = checkConfig({ check: { groups: [place] } })
    t.deepEqual(problemsOf(t, config, { env }), [`routes[0].groups[0]${problem}`])
  })
}

test('http:// for an endpoint that verifies is rejected unless it is asked for', (t) => {
  const endpoint = 'http://idp/validate'
  t.deepEqual(problemsOf(t, checkConfig({ check: { verify: [{ endpoint }] } }), { env }), [
    'routes[0].verify[0].endpoint: expected an https:// URL; plain http:// needs allowHttp: true'
  ])
  t.notThrows(() => routeOf({ verify: [{ endpoint, allowHttp: true }] }))
})
