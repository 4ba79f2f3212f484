import test from 'ava'
import { createLdapFilter, firstValueOf } from '../../../src/check/groups/ldap/ldap-names.ts'

test('names are escaped as RFC 4515 has it, and stay text otherwise', (t) => {
  const fill = createLdapFilter('(&(objectClass=person)(|(uid={sub})(mail={sub})))', ['sub'])
  t.is(
    fill({ sub: 'a*(b)\\c\0é$&{sub}' }),
    '(&(objectClass=person)(|(uid=a\\2a\\28b\\29\\5cc\\00é$&{sub})(mail=a\\2a\\28b\\29\\5cc\\00é$&{sub})))'
  )
})

for (const template of [
  '(memberOf:1.2.840.113556.1.4.1941:={sub})',
  '(&(objectClass=*)(!(uid~={sub}))(|(a>=1)(b<=2)(c=x*y*)))'
]) {
  test(`${template} is a filter`, (t) => {
    t.is(createLdapFilter(template, ['sub'])({ sub: 'ada' }), template.replace('{sub}', 'ada'))
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
    t.throws(() => createLdapFilter(template, ['sub']), {
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
