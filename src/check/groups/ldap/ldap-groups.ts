/** Groups from an LDAP directory: an attribute of the subject's entry, or the entries of groups that have it as a member. */
import { isDeepStrictEqual } from 'node:util'
import type { Entry } from 'ldapts'
import type * as z from 'zod'
import { checkUnavailable, ServiceError } from '../../../errors.ts'
import { addressIn, type OpenAddress } from '../../../remote/address.ts'
import type { GroupKind } from '../group-kind.ts'
import type { ClaimTexts, GroupLookup } from '../subject-groups.ts'
import type { LdapServer } from './ldap-client.ts'
import type { LdapDirectory, SearchDirectory } from './ldap-directory.ts'
import { createLdapFilter, firstValueOf, type LdapFilter } from './ldap-names.ts'
import { createNestedGroups, type Memberships } from './nested-groups.ts'
import { isSecure, ldapGroupsSchema } from './settings.ts'

type LdapConfig = z.output<ReturnType<typeof ldapGroupsSchema>>

export const ldapKind = {
  from: 'ldap',
  settings: ldapGroupsSchema,
  addresses: ({ url: urls, tls }): OpenAddress[] =>
    urls.map((url, index) => ({
      ...addressIn({ url, tls }, 'url', 'ldap'),
      setting: urls.length === 1 ? ['url'] : ['url', index]
    })),
  create: (config, { connectDirectory, bySubject, now }, later) => {
    const { base, filter, attribute, memberships, nested, take, timeout } = config
    const replicas = later.filter((other) =>
      isDeepStrictEqual(questionOf(other), questionOf(config))
    )
    const directory = connectDirectory({
      servers: [config, ...replicas].flatMap(serversOf),
      timeoutMs: timeout,
      now
    })
    const from = memberships ?? attribute ?? ''
    return bySubject(createLdapGroups({ directory, base, filter, from, nested, take }))
  }
} satisfies GroupKind<LdapConfig>

/** The query of a directory. Places with the same query have servers of one directory. */
function questionOf({ url, startTls, tls, bindDn, password, timeout, ...question }: LdapConfig) {
  return question
}

function serversOf({ url: urls, startTls, tls, bindDn, password }: LdapConfig): LdapServer[] {
  const bind = bindDn === undefined || password === undefined ? undefined : { dn: bindDn, password }
  return urls.map((url) => ({ url, startTls: startTls ?? !isSecure(url), tls, bind }))
}

export interface LdapGroupsOptions {
  readonly directory: LdapDirectory
  /** Where the entries of subjects are, at any depth. */
  readonly base: string
  /** Finds the one entry of a subject, such as `(uid={sub})`. */
  readonly filter: string
  /** The attribute of that entry that has its groups, such as `memberOf`; or else where groups have their members. */
  readonly from: string | Memberships
  /** Whether groups of groups count. */
  readonly nested: boolean
  /** Whether a group is the whole value, or its first part: `admins` of `cn=admins,ou=groups,dc=example`. */
  readonly take: 'value' | 'rdn'
}

/** Requested in place of attributes, it returns none (RFC 4511, section 4.5.1.8). */
const NO_ATTRIBUTES = '1.1'

/** @throws TypeError for filters that cannot be followed */
export function createLdapGroups(options: LdapGroupsOptions): GroupLookup {
  const { directory, base, from, nested, take } = options
  const subjectFilter = createLdapFilter(options.filter)
  const attribute = typeof from === 'string' ? from : NO_ATTRIBUTES
  const groupFilter = typeof from === 'string' ? undefined : createLdapFilter(from.filter, true)
  const claims = [...subjectFilter.claims, ...(groupFilter?.claims ?? [])]
  const toName = take === 'rdn' ? firstValueOf : (value: string) => value
  const readGroups = nested
    ? createNestedGroups(from, valuesOf)
    : typeof from === 'string' || groupFilter === undefined
      ? undefined
      : createMembershipReader(from, groupFilter)

  async function findEntry(search: SearchDirectory, texts: ClaimTexts): Promise<Entry | undefined> {
    // Two entries are enough to know that there is more than one.
    const limits = { sizeLimit: 2, attributes: [attribute] }
    const entries = await search({ base, filter: subjectFilter.fill(texts), ...limits })
    if (entries.length > 1) throw new Error('found more than one entry of the subject')
    return entries[0]
  }

  async function findInDirectory(texts: ClaimTexts): Promise<readonly string[] | undefined> {
    const isFit = claims.every(({ name, cut }) => isPrepared(cut(texts.get(name) ?? '') ?? ''))
    if (!isFit) return undefined
    return directory.ask(async (search, server) => {
      try {
        const entry = await findEntry(search, texts)
        if (entry === undefined) return undefined
        const groups =
          readGroups === undefined
            ? valuesOf(entry, attribute)
            : await readGroups(search, entry, { texts, server })
        return groups.map(toName)
      } catch (error) {
        throw error instanceof ServiceError ? error : checkUnavailable(error)
      }
    })
  }

  return { claims, find: findInDirectory }
}

function createMembershipReader({ base, attribute }: Memberships, filter: LdapFilter) {
  return async function readMemberships(
    search: SearchDirectory,
    { dn }: Entry,
    { texts }: { readonly texts: ClaimTexts }
  ): Promise<string[]> {
    const wanted = { base, filter: filter.fill(texts, dn), attributes: [attribute] }
    const entries = await search(wanted)
    return entries.flatMap((entry) => valuesOf(entry, attribute))
  }
}

/**
 * Whether a directory compares a name unchanged, except for its case. It converts others into this form first (RFC 4518, sections 2.3
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
