/** Groups of groups in an LDAP directory: followed upwards level by level, or by the directory itself where it can. */
import type { Entry } from 'ldapts'
import { codeOf } from './ldap-connection.ts'
import type { SearchDirectory } from './ldap-directory.ts'
import { createLdapFilter } from './ldap-names.ts'

/** The groups of a subject are level 1. */
const MOST_LEVELS = 16
const MOST_GROUPS = 5_000
/** Groups whose groups are looked up at a time. */
const BATCH = 50

/** The rule that follows a chain of members (MS-ADTS, section 3.1.1.3.4.4.3), and the capability of directories that have it (section 3.1.1.3.4.3.1). */
const IN_CHAIN = '1.2.840.113556.1.4.1941'
const ACTIVE_DIRECTORY = '1.2.840.113556.1.4.800'

const NO_SUCH_OBJECT = 32

/** Groups that are separate entries, with others as members. */
export interface Memberships {
  readonly base: string
  /** Finds the groups of an entry by its `{dn}`, or by claims such as `{sub}`. */
  readonly filter: string
  /** The attribute of a group's entry with its name. */
  readonly attribute: string
}

interface Group {
  readonly dn: string
  /** Its name is the value of an attribute, of which it may have several. */
  readonly names: readonly string[]
}

/** Where groups are, and how parent groups are found. */
interface Ways {
  /** The groups that have the entry as a member. */
  readonly direct: (search: SearchDirectory, entry: Entry) => Promise<readonly Group[]>
  /** The groups that have one of these as a member. */
  readonly above: (search: SearchDirectory, dns: readonly string[]) => Promise<readonly Group[]>
  /** All groups, if the directory follows members itself; undefined where it cannot with these settings. */
  readonly inChain:
    | ((search: SearchDirectory, dn: string, root: string) => Promise<readonly Group[]>)
    | undefined
}

type ReadNested = (
  search: SearchDirectory,
  entry: Entry,
  /** The features of a directory are cached by `server`. */
  context: { readonly server: object }
) => Promise<string[]>

/**
 * Makes the function that finds the groups of an entry, and theirs. It rejects where there are more of them, or more levels, than the bounds.
 * @param from the attribute that has the names (DNs) of an entry's groups; or where groups have their members
 * @param valuesOf reads an attribute of an entry
 */
export function createNestedGroups(
  from: string | Memberships,
  valuesOf: (entry: Entry, attribute: string) => string[]
): ReadNested {
  const ways =
    typeof from === 'string' ? byAttribute(from, valuesOf) : byMemberships(from, valuesOf)
  const features = new WeakMap<object, Promise<Features>>()

  function featuresOf(search: SearchDirectory, server: object): Promise<Features> {
    const known = features.get(server)
    if (known !== undefined) return known
    const read = readFeatures(search, valuesOf)
    features.set(server, read)
    read.catch(() => features.delete(server))
    return read
  }

  return async function readNested(search, entry, { server }) {
    const direct = await ways.direct(search, entry)
    if (direct.length === 0) return []
    const { followsChains, root } = await featuresOf(search, server)
    const groups =
      followsChains && ways.inChain !== undefined
        ? // Groups of other domains are not below the root.
          [...direct, ...(await ways.inChain(search, entry.dn, root))]
        : await followUpwards(search, direct, ways.above)
    return groups.flatMap(({ names }) => names)
  }
}

async function followUpwards(
  search: SearchDirectory,
  direct: readonly Group[],
  above: Ways['above']
): Promise<readonly Group[]> {
  const found = new Map<string, Group>()
  let groups = direct
  for (let level = 1; ; level++) {
    // A group that was found before ends a cycle, or is on two paths.
    const fresh = new Map(
      groups.flatMap((group) => {
        const key = group.dn.toLowerCase()
        return found.has(key) ? [] : [[key, group] as const]
      })
    )
    if (fresh.size === 0) return [...found.values()]
    if (level > MOST_LEVELS)
      throw new Error(`found groups in groups of more than ${MOST_LEVELS} levels`)
    for (const [key, group] of fresh) found.set(key, group)
    if (found.size > MOST_GROUPS) throw new Error(`found more than ${MOST_GROUPS} groups`)
    groups = await inBatches([...fresh.values()], (dns) => above(search, dns))
  }
}

async function inBatches(
  groups: readonly Group[],
  find: (dns: readonly string[]) => Promise<readonly Group[]>
): Promise<readonly Group[]> {
  const found: Group[] = []
  for (let start = 0; start < groups.length; start += BATCH) {
    found.push(...(await find(groups.slice(start, start + BATCH).map(({ dn }) => dn))))
  }
  return found
}

function byAttribute(attribute: string, valuesOf: (entry: Entry, name: string) => string[]): Ways {
  const toGroups = (entry: Entry): Group[] =>
    valuesOf(entry, attribute).map((dn) => ({ dn, names: [dn] }))

  async function readGroupsOf(search: SearchDirectory, dn: string): Promise<Group[]> {
    const wanted = { base: dn, scope: 'base' as const, filter: ANY, attributes: [attribute] }
    const entries = await search(wanted).catch((error: { readonly cause?: unknown }) => {
      // The group was removed, or the account may not read it.
      if (codeOf(error.cause) === NO_SUCH_OBJECT) return []
      throw error
    })
    return entries.flatMap(toGroups)
  }

  return {
    direct: async (_search, entry) => toGroups(entry),
    above: async (search, dns) =>
      (await Promise.all(dns.map((dn) => readGroupsOf(search, dn)))).flat(),
    inChain:
      attribute.toLowerCase() === 'memberof'
        ? async (search, dn, root) => {
            const filter = createLdapFilter(`(member:${IN_CHAIN}:={dn})`, true).fill(new Map(), dn)
            const entries = await search({ base: root, filter, attributes: ['1.1'] })
            return entries.map((group) => ({ dn: group.dn, names: [group.dn] }))
          }
        : undefined
  }
}

function byMemberships(
  { base, filter, attribute }: Memberships,
  valuesOf: (entry: Entry, name: string) => string[]
): Ways {
  const plain = createLdapFilter(filter, true)
  const chain = createLdapFilter(
    filter.replaceAll(/\(([\w-]+)=\{dn\}\)/g, `($1:${IN_CHAIN}:={dn})`),
    true
  )

  async function find(search: SearchDirectory, filters: readonly string[]): Promise<Group[]> {
    const any = filters.length === 1 ? (filters[0] ?? '') : `(|${filters.join('')})`
    const entries = await search({ base, filter: any, attributes: [attribute] })
    return entries.map((entry) => ({ dn: entry.dn, names: valuesOf(entry, attribute) }))
  }

  const above: Ways['above'] = (search, dns) =>
    find(
      search,
      dns.map((dn) => plain.fill(new Map(), dn))
    )
  return {
    direct: (search, { dn }) => above(search, [dn]),
    above,
    inChain: (search, dn) => find(search, [chain.fill(new Map(), dn)])
  }
}

const ANY = '(objectClass=*)'

interface Features {
  readonly followsChains: boolean
  /** Where all entries of its own domain are. */
  readonly root: string
}

/** Reads the capabilities of a server from its root entry (RFC 4512, section 5.1). */
async function readFeatures(
  search: SearchDirectory,
  valuesOf: (entry: Entry, name: string) => string[]
): Promise<Features> {
  const attributes = ['supportedCapabilities', 'defaultNamingContext']
  const [entry] = await search({ base: '', scope: 'base', filter: ANY, attributes })
  const root = entry && valuesOf(entry, 'defaultNamingContext')[0]
  const capabilities = entry === undefined ? [] : valuesOf(entry, 'supportedCapabilities')
  return {
    followsChains: root !== undefined && capabilities.includes(ACTIVE_DIRECTORY),
    root: root ?? ''
  }
}
