import test from 'ava'
import { createLdapFilter, firstValueOf } from '../../../src/check/groups/ldap/ldap-names.ts'

const sub = (text: string) => new Map([['sub', text]])

test('names are escaped as in RFC 4515, and other text stays as it is', (t) => {
  const { fill } = createLdapFilter('(&(objectClass=person)(|(uid={sub})(mail={sub})))')
  t.is(
    fill(sub('a*(b)\\c\0é$&{sub}')),
    '(&(objectClass=person)(|(uid=a\\2a\\28b\\29\\5cc\\00é$&{sub})(mail=a\\2a\\28b\\29\\5cc\\00é$&{sub})))'
  )
})

for (const template of [
  '(memberOf:1.2.840.113556.1.4.1941:={sub})',
  '(&(objectClass=*)(!(uid~={sub}))(|(a>=1)(b<=2)(c=x*y*)))'
]) {
  test(`${template} is a filter`, (t) => {
    t.is(createLdapFilter(template).fill(sub('ada')), template.replace('{sub}', 'ada'))
  })
}

for (const [template, reason] of [
  ['(uid=ada)', 'no placeholder'],
  ['', 'no filter'],
  ['(member={dn})', 'a placeholder that is not known there'],
  ['({sub}=ada)', 'a placeholder in place of an attribute'],
  ['(uid={sub}', 'an open bracket'],
  ['(&(uid={sub})', 'another open bracket'],
  ['(uid={sub}))(', 'text behind the end'],
  ['uid={sub}', 'no brackets'],
  ['(!(uid={sub})(a=b))', 'two parts behind a not']
] as const) {
  test(`a filter with ${reason} is rejected`, (t) => {
    t.throws(() => createLdapFilter(template), {
      instanceOf: TypeError,
      message: /expected a filter/
    })
  })
}

for (const [name, first] of [
  ['cn=admins,ou=groups,dc=example,dc=org', 'admins'],
  ['CN = Domain Users,DC=example', 'Domain Users'],
  ['cn=Admins\\, Sons,ou=groups', 'Admins, Sons'],
  ['cn=Admins\\2C Sons,ou=groups', 'Admins, Sons'],
  ['cn=Caf\\C3\\A9', 'Café'],
  ['cn=Café+ou=x,dc=example', 'Café'],
  ['cn=a\\\\b\\"c,dc=example', 'a\\b"c']
] as const) {
  test(`the first value of ${name} is ${first}`, (t) => {
    t.is(firstValueOf(name), first)
  })
}

for (const name of ['admins', '', 'cn=', '=a', 'cn=#0401', 'cn=a\\']) {
  test(`"${name}" has no first value that could be a group`, (t) => {
    t.throws(() => firstValueOf(name), { instanceOf: TypeError })
  })
}

for (const [template, subject, filter] of [
  ['(member=uid={sub},ou=people,dc=a)', 'ada', '(member=uid=ada,ou=people,dc=a)'],
  ['(member=uid={sub},ou=people,dc=a)', '\\61da', '(member=uid=\\5c5c61da,ou=people,dc=a)'],
  [
    '(member=uid={sub},ou=people,dc=a)',
    'x,ou=y+a=b',
    '(member=uid=x\\5c2cou\\5c3dy\\5c2ba\\5c3db,ou=people,dc=a)'
  ],
  [
    '(member:1.2.840.113556.1.4.1941:=OU=x,CN={sub})',
    '#a',
    '(member:1.2.840.113556.1.4.1941:=OU=x,CN=\\5c23a)'
  ],
  ['(mail={sub}@a,b)', 'x,y', '(mail=x,y@a,b)'],
  [
    '(|(uid={sub})(member=uid={sub},dc=a))',
    'x,(y',
    '(|(uid=x,\\28y)(member=uid=x\\5c2c\\28y,dc=a))'
  ]
] as const) {
  test(`the subject ${subject} stays one value in ${template}`, (t) => {
    t.is(createLdapFilter(template).fill(new Map([['sub', subject]])), filter)
  })
}

test('a filter may hold any claims, or parts of them, each as one value', (t) => {
  const { fill, claims } = createLdapFilter(
    '(&(sAMAccountName={upn|before:@})(|(mail={user.mail})(member=cn={dept|after:/|without:-x},dc=a)))'
  )
  t.deepEqual(
    claims.map(({ name }) => name),
    ['upn', 'user.mail', 'dept']
  )
  const values = new Map([
    ['upn', 'a*@(b)'],
    ['user.mail', ')(a=*'],
    ['dept', 'x/y,z-x']
  ])
  t.is(fill(values), '(&(sAMAccountName=a\\2a)(|(mail=\\29\\28a=\\2a)(member=cn=y\\5c2cz,dc=a)))')
})

test('a filter may hold the name of an entry beside claims', (t) => {
  const { fill, claims, hasDn } = createLdapFilter('(&(member={dn})(o={org|after:@}))', true)
  t.true(hasDn)
  t.is(claims.length, 1)
  t.is(fill(new Map([['org', 'a@b']]), 'cn=a\\, (b)'), '(&(member=cn=a\\5c, \\28b\\29)(o=b))')
})

for (const template of [
  '(uid={sub|left:@})',
  '(uid={sub|before:})',
  '(uid={sub|})',
  '(uid={a..b})'
]) {
  test(`${template} is not a filter`, (t) => {
    t.throws(() => createLdapFilter(template), { instanceOf: TypeError, message: /expected/ })
  })
}
