/** Names in LDAP: filters with a subject in them, and the first part of distinguished names. */

/** What a filter has in place of names that are known only later. */
const PLACEHOLDER = /\{(sub|dn)\}/g

/** Fills names into a filter (RFC 4515). */
export type LdapFilter = (names: Readonly<Record<string, string>>) => string

/**
 * Makes a filter out of a template such as `(uid={sub})`. Names are escaped (RFC 4515, section 3), so that they are values and nothing else.
 * @param known the placeholders that it may hold, of which it must hold one
 * @throws TypeError with what was found and what is expected
 */
export function createLdapFilter(template: string, known: readonly ('sub' | 'dn')[]): LdapFilter {
  const found = [...template.matchAll(PLACEHOLDER)].map(([, name]) => name)
  const unknown = found.find((name) => !known.some((one) => one === name))
  if (found.length === 0 || unknown !== undefined) {
    throw new TypeError(`expected a filter with ${known.map((name) => `{${name}}`).join(' or ')}`)
  }
  const fill: LdapFilter = (names) =>
    template.replace(PLACEHOLDER, (_, name: string) => escapeValue(names[name] ?? ''))
  if (!isFilter(fill({ sub: '*', dn: '*' }))) {
    throw new TypeError('expected a filter such as (uid={sub}), with placeholders as values')
  }
  return fill
}

/** What has a meaning of its own in the value of a filter. */
const SPECIAL = /[\\*()\0]/g

function escapeValue(text: string): string {
  return text.replace(SPECIAL, (char) => `\\${Buffer.from(char).toString('hex')}`)
}

/** An attribute, maybe with matching rules, and what its value is compared with (RFC 4515, section 3). */
const COMPARISON = /\([\w-]+(?::[\w.-]+)*[~<>:]?=[^()]*\)/g
const COMBINATION = /\((?:[&|]F+|!F)\)/g

/** @param text a filter in which names are escaped, and where an escape may only be in a value */
function isFilter(text: string): boolean {
  let rest = text.replace(COMPARISON, 'F')
  for (let before = ''; before !== rest; ) {
    before = rest
    rest = rest.replace(COMBINATION, 'F')
  }
  return rest === 'F'
}

/** The first attribute value of a distinguished name: type, equals sign, then escapes or what needs none (RFC 4514, section 3). */
const FIRST_VALUE =
  /^\s*[\w.-]+\s*=\s*((?:\\[0-9A-Fa-f]{2}|\\[^0-9A-Fa-f]|[^\\,+"<>;])+)(?=[,+;]|$)/
/** A byte in hexadecimal, a character behind a backslash, or those that need none. */
const PIECE = /\\([0-9A-Fa-f]{2})|\\(.)|([^\\]+)/gsu

/**
 * Takes `admins` out of `cn=admins,ou=groups,dc=example,dc=org`.
 * @throws TypeError for a text that is not a distinguished name
 */
export function firstValueOf(name: string): string {
  const value = FIRST_VALUE.exec(name)?.[1]
  if (value === undefined || value.startsWith('#')) {
    throw new TypeError('found a group that is not a distinguished name')
  }
  const pieces = [...value.matchAll(PIECE)].map(([, hex, escaped, plain]) =>
    hex === undefined ? Buffer.from(escaped ?? plain ?? '') : Buffer.from(hex, 'hex')
  )
  return Buffer.concat(pieces).toString()
}
