/** Groups from an LDAP directory: an attribute of the subject's entry, or the entries of groups that have it as a member. */
import type { Entry } from 'ldapts'
import type * as z from 'zod'
import { checkUnavailable, ServiceError } from '../../../errors.ts'
import { addressIn } from '../../../remote/address.ts'
import type { GroupKind } from '../group-kind.ts'
import type { GroupLookup } from '../subject-groups.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { createLdapFilter, firstValueOf } from './ldap-names.ts'
import { ldapGroupsSchema } from './settings.ts'

export const ldapKind = {
  from: 'ldap',
  settings: ldapGroupsSchema,
  addresses: (config) => [addressIn(config, 'url', 'ldap')],
  create: (config, { connectDirectory, bySubject }) => {
    const { url, startTls = url.startsWith('ldap:'), tls, bindDn, password, timeout } = config
    const { base, filter, attribute, memberships, take } = config
    const connection = connectDirectory({
      url,
      startTls,
      tls,
      bind: bindDn === undefined || password === undefined ? undefined : { dn: bindDn, password },
      timeoutMs: timeout
    })
    const from = memberships ?? attribute ?? ''
    return bySubject(createLdapGroups({ connection, base, filter, from, take }))
  }
} satisfies GroupKind<z.output<ReturnType<typeof ldapGroupsSchema>>>

export interface LdapGroupsOptions {
  readonly connection: LdapConnection
  /** Where the entries of subjects are, at any depth. */
  readonly base: string
  /** Finds the one entry of a subject, such as `(uid={sub})`. */
  readonly filter: string
  /** The attribute of that entry that has its groups, such as `memberOf`; or else where groups have their members. */
  readonly from: string | Memberships
  /** Whether a group is a value as it is, or the first part of it: `admins` of `cn=admins,ou=groups,dc=example`. */
  readonly take: 'value' | 'rdn'
}

interface Memberships {
  readonly base: string
  /** Finds the groups of an entry by its `{dn}`, or by its `{sub}`. */
  readonly filter: string
  /** The attribute of a group's entry that is its name. */
  readonly attribute: string
}

/** Asked for in place of attributes, it brings none (RFC 4511, section 4.5.1.8). */
const NO_ATTRIBUTES = '1.1'

/** @throws TypeError for filters that cannot be followed */
export function createLdapGroups(options: LdapGroupsOptions): GroupLookup {
  const { connection, base, from, take } = options
  const subjectFilter = createLdapFilter(options.filter, ['sub'])
  const attribute = typeof from === 'string' ? from : NO_ATTRIBUTES
  const readEntry = typeof from === 'string' ? readAttribute : createMembershipReader(from)
  const toName = take === 'rdn' ? firstValueOf : (value: string) => value

  async function findEntry(sub: string): Promise<Entry | undefined> {
    // Two entries are enough to know that there is more than one.
    const limits = { sizeLimit: 2, attributes: [attribute] }
    const entries = await connection.search({ base, filter: subjectFilter({ sub }), ...limits })
    if (entries.length > 1) throw new Error('found more than one entry of the subject')
    return entries[0]
  }

  async function readAttribute(entry: Entry): Promise<string[]> {
    return valuesOf(entry, attribute)
  }

  function createMembershipReader({ base, filter, attribute }: Memberships) {
    const groupFilter = createLdapFilter(filter, ['dn', 'sub'])
    return async function searchGroups({ dn }: Entry, sub: string): Promise<string[]> {
      const search = { base, filter: groupFilter({ dn, sub }), attributes: [attribute] }
      const entries = await connection.search(search)
      return entries.flatMap((entry) => valuesOf(entry, attribute))
    }
  }

  return async function lookUpInDirectory(sub) {
    if (!isPrepared(sub)) return undefined
    try {
      const entry = await findEntry(sub)
      if (entry === undefined) return undefined
      return (await readEntry(entry, sub)).map(toName)
    } catch (error) {
      throw error instanceof ServiceError ? error : checkUnavailable(error)
    }
  }
}

/**
 * Whether a directory compares a name as it is, but for its case. It converts others into this form first (RFC 4518, sections 2.3
 * and 2.6), and so would find the entry of another subject, whose name already has that form.
 */
function isPrepared(name: string): boolean {
  return name === name.normalize('NFKC').trim() && !name.includes('  ')
}

/** Attribute names have no case (RFC 4512, section 2.5), and directories answer with their own. */
function valuesOf(entry: Entry, attribute: string): string[] {
  const wanted = attribute.toLowerCase()
  return Object.entries(entry).flatMap(([name, value]) => {
    const lower = name.toLowerCase()
    // Active Directory returns long lists in parts (MS-ADTS, section 3.1.1.3.1.3.3), and a part is not the groups.
    if (lower.startsWith(`${wanted};range=`)) throw new Error('found only a part of the groups')
    if (lower !== wanted) return []
    const values = Array.isArray(value) ? value : [value]
    return values.map((text) => {
      if (typeof text !== 'string') throw new Error('found a group whose name is not text')
      return text
    })
  })
}
