/** The settings of groups from an LDAP directory. */
import * as z from 'zod'
import { duration, flag } from '../../../settings/quantities.ts'
import { material, type SecretReader } from '../../../settings/secrets.ts'
import { reasonAgainst, section } from '../../../settings/section.ts'
import { remoteTlsSchema } from '../../../settings/tls.ts'
import { createLdapFilter } from './ldap-names.ts'

const text = z.string('expected text').min(1, 'expected text')

export function ldapGroupsSchema(reader: SecretReader) {
  return section({
    from: z.literal('ldap', 'expected ldap').describe('Groups in an LDAP directory.'),
    url: ldapUrl.describe('URL of the directory: a host, and maybe a port.'),
    startTls: flag
      .optional()
      .describe(
        'Whether an ldap:// connection becomes a TLS one before anything else is sent on it. Default: true.'
      ),
    tls: remoteTlsSchema(reader)
      .optional()
      .describe('TLS of the directory. Its certificate is always verified.'),
    bindDn: text
      .optional()
      .describe('Name (DN) of the account that searches. Default: the search is anonymous.'),
    password: material(reader)
      .refine((password) => password !== '', { error: 'expected a password' })
      .optional()
      .describe('Password of `bindDn`.'),
    base: text.describe('Name (DN) of the entry that the entries of subjects are below.'),
    filter: filter(['sub']).describe(
      'Finds the one entry of a subject, whose name is `{sub}` in it, such as `(uid={sub})`.'
    ),
    attribute: text
      .optional()
      .describe(
        'The attribute of the entry that has its groups, such as `memberOf`; or else there are `memberships`.'
      ),
    memberships: section({
      base: text.describe('Name (DN) of the entry that groups are below.'),
      filter: filter(['dn', 'sub'])
        .default('(member={dn})')
        .describe(
          'Finds the groups of an entry by its name, `{dn}`, or by the subject, `{sub}`. Default: (member={dn}).'
        ),
      attribute: text
        .default('cn')
        .describe('The attribute that has the name of a group. Default: cn.')
    })
      .optional()
      .describe('Groups are entries of their own, which have the subject as a member.'),
    take: z
      .enum(['value', 'rdn'], 'expected value or rdn')
      .default('value')
      .describe(
        'What of the attribute is the name of the group: `value`, or `rdn`, which is `admins` of `cn=admins,ou=groups,dc=example,dc=org`. Default: value.'
      ),
    timeout: duration('1ms', '5m')
      .prefault('2s')
      .describe('For a search, connecting and binding included. Default: 2s.')
  })
    .refine(({ url, startTls }) => startTls !== true || !url.startsWith('ldaps:'), {
      error: 'ldaps:// is TLS from the start, expected none',
      path: ['startTls']
    })
    .refine(({ bindDn, password }) => (bindDn === undefined) === (password === undefined), {
      error: 'expected bindDn and password together'
    })
    .refine(
      ({ attribute, memberships }) => (attribute === undefined) !== (memberships === undefined),
      { error: 'expected exactly one of attribute and memberships' }
    )
}

const URL_TITLE = 'an ldap:// or ldaps:// URL'
const ldapUrl = z
  .string(`expected ${URL_TITLE}`)
  .regex(/^ldaps?:\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?\/?$/, {
    error: `expected ${URL_TITLE}, with a host and maybe a port`
  })
  .meta({ title: URL_TITLE })

function filter(placeholders: readonly ('sub' | 'dn')[]) {
  return z
    .string('expected an LDAP filter')
    .meta({ title: 'an LDAP filter' })
    .superRefine((template, context) => {
      const message = reasonAgainst(() => createLdapFilter(template, placeholders))
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    })
}
