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
    url: ldapUrls.describe(
      'URLs of the servers of the directory, each with a host and optionally a port: one, a list, or text with spaces between them. The first server is asked. The next one is asked if it fails, or does not answer in its share of `timeout`. A server that failed is asked last for 30 seconds.'
    ),
    startTls: flag
      .optional()
      .describe(
        'Whether an ldap:// connection is upgraded to TLS (StartTLS) before anything else is sent on it. Default: true.'
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
    base: text.describe('Name (DN) of the entry below which the entries of subjects are.'),
    filter: filter(false).describe(
      'Finds the one entry of a subject by claims of the token, such as `(uid={sub})`, or by parts of them: `(sAMAccountName={upn|before:@})`. `before:` and `after:` take what is before or after a text that the claim has once; `without:` takes what is before a text at the end of the claim. A token without the claim, or without the text, has no entry.'
    ),
    attribute: text
      .optional()
      .describe(
        'The attribute of the entry that has its groups, such as `memberOf`. Exactly one of `attribute` and `memberships` is required.'
      ),
    memberships: section({
      base: text.describe('Name (DN) of the entry below which the entries of groups are.'),
      filter: filter(true)
        .default('(member={dn})')
        .describe(
          'Finds the groups of an entry by its name, `{dn}`, or by claims of the token, such as `{sub}`. Default: (member={dn}).'
        ),
      attribute: text
        .default('cn')
        .describe('The attribute that has the name of a group. Default: cn.')
    })
      .optional()
      .describe(
        'For directories in which groups are separate entries, with the subject as a member.'
      ),
    nested: flag
      .prefault(false)
      .describe(
        'Whether groups that have a group of the subject as a member are found too. More than 16 levels or 5000 groups make the check unavailable (503). Active Directory resolves them itself. With `nested`, `attribute` has to hold names (DNs) of groups, and `memberships.filter` may only use `{dn}`. Default: false.'
      ),
    take: z
      .enum(['value', 'rdn'], 'expected value or rdn')
      .default('value')
      .describe(
        'Which part of the attribute is the name of the group: `value` is all of it; `rdn` is `admins` in `cn=admins,ou=groups,dc=example,dc=org`. Default: value.'
      ),
    timeout: duration('1ms', '5m')
      .prefault('2s')
      .describe(
        'Time limit of one look-up: connecting, binding and all searches, on all servers together. Default: 2s.'
      )
  })
    .refine(({ url, startTls }) => startTls !== true || !url.some(isSecure), {
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
    .refine(
      ({ nested, memberships }) =>
        !nested || memberships === undefined || isByDnAlone(memberships.filter),
      {
        error:
          'expected a filter with {dn} and no claim, which finds the groups of a group as well',
        path: ['memberships', 'filter']
      }
    )
}

/** Whether the connection to a server is TLS from the start. */
export function isSecure(url: string): boolean {
  return url.startsWith('ldaps:')
}

const URL_TITLE = 'an ldap:// or ldaps:// URL'
const URLS_TITLE = `${URL_TITLE}, or a list of them`
const URL_EXPECTED = `expected ${URL_TITLE}, with a host and maybe a port`
const LDAP_URL = /^ldaps?:\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?\/?$/

/** As OpenLDAP has them in `URI` (ldap.conf(5)). */
const SEPARATOR = /[\s,]+/
const MOST_SERVERS = 16

const ldapUrls = z
  .union(
    [
      z.string(`expected ${URL_TITLE}`).meta({ title: `${URL_TITLE}, or several` }),
      z.array(z.string(URL_EXPECTED).meta({ title: URL_TITLE }))
    ],
    `expected ${URLS_TITLE}`
  )
  .meta({ title: URLS_TITLE })
  .transform((value, context) => {
    const isText = typeof value === 'string'
    const urls = isText ? value.trim().split(SEPARATOR) : value
    const report = (message: string, path: number[] = []) =>
      context.addIssue({ code: 'custom', message, path })
    for (const [index, url] of urls.entries()) {
      if (!LDAP_URL.test(url)) report(URL_EXPECTED, isText ? [] : [index])
    }
    if (urls.length === 0) report('expected at least one server')
    if (urls.length > MOST_SERVERS) report(`expected at most ${MOST_SERVERS} servers`)
    if (new Set(urls).size < urls.length) report('expected each server once')
    return urls
  })

function isByDnAlone(template: string): boolean {
  // Another rule reports a filter that cannot be read.
  if (reasonAgainst(() => createLdapFilter(template, true)) !== undefined) return true
  return createLdapFilter(template, true).claims.length === 0
}

/** @param takesDn whether it may hold `{dn}` in place of a claim */
function filter(takesDn: boolean) {
  return z
    .string('expected an LDAP filter')
    .meta({ title: 'an LDAP filter' })
    .superRefine((template, context) => {
      const message = reasonAgainst(() => createLdapFilter(template, takesDn))
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    })
}
