/** Names in LDAP: filters with claims in them, and the first part of distinguished names. */
import { parseJsonPath } from '../../../json/json-path.ts'
import { reasonAgainst } from '../../../settings/section.ts'
import { parseTemplate, type Variable } from '../../../settings/template.ts'

/** Fills a filter (RFC 4515); undefined where a claim lacks the part. */
export interface LdapFilter {
  /** The claims that it holds, or parts of them. */
  readonly claims: readonly Variable[]
  /** Whether it has `{dn}` in it. */
  readonly hasDn: boolean
  /**
   * @param values the claims, by their names
   * @param dn the name of an entry
   */
  readonly fill: (values: ReadonlyMap<string, string>, dn?: string) => string
}

/** The variable for the name of an entry, which is not a claim. */
const DN = 'dn'

const CLAIM_EXPECTED = 'expected a filter with a claim in it, such as (uid={sub})'
const DN_EXPECTED =
  'expected a filter with {dn} or a claim in it, such as (member={dn}) or (memberUid={sub})'

/**
 * Makes a filter from a template such as `(uid={sub})`. Claims are escaped (RFC 4515, section 3), so that they stay values.
 * A claim that is part of a distinguished name, as in `(member=uid={sub},ou=people,dc=example)`, is escaped for that first (RFC 4514, section 2.4).
 * @param takesDn whether it may hold `{dn}`, the name of an entry, in place of a claim
 * @throws TypeError with what is expected
 */
export function createLdapFilter(template: string, takesDn = false): LdapFilter {
  const { texts, variables } = parseTemplate(template)
  const claims = variables.filter(({ name }) => name !== DN)
  const isClaim = ({ name }: Variable) =>
    reasonAgainst(() => parseJsonPath(name)) === undefined && !/[\s()=*]/.test(name)
  const hasDn = claims.length < variables.length
  if (variables.length === 0 || (hasDn && !takesDn) || !claims.every(isClaim)) {
    throw new TypeError(takesDn ? DN_EXPECTED : CLAIM_EXPECTED)
  }
  // Where a value is, and so how it is escaped, does not depend on the values before it.
  const isInName = variables.map((_, at) => IN_NAME.test(texts.slice(0, at + 1).join('x')))

  const fill: LdapFilter['fill'] = (values, dn = '') => {
    let filled = texts[0] ?? ''
    for (const [index, { name, cut }] of variables.entries()) {
      const text = name === DN ? dn : (cut(values.get(name) ?? '') ?? '')
      filled += escapeValue(name !== DN && isInName[index] ? escapeNamePart(text) : text)
      filled += texts[index + 1] ?? ''
    }
    return filled
  }
  if (!isFilter(texts.join('\\2a'))) {
    throw new TypeError('expected a filter such as (uid={sub}), with placeholders as values')
  }
  return { claims, hasDn, fill }
}

/** The text of a filter up to the value of an attribute in a distinguished name, which is itself the value of a comparison. */
const IN_NAME = /\([\w-]+(?::[\w.-]+)*[~<>:]?=(?:[^()]*[,+;])?\s*[\w.-]+\s*=[^()=,+;]*$/

/** Special characters of a distinguished name. */
const SPECIAL_IN_NAME = /[\\"+,;<>=\0]|^[ #]| $/g

function escapeNamePart(text: string): string {
  return text.replace(SPECIAL_IN_NAME, toHex)
}

function toHex(char: string): string {
  return `\\${Buffer.from(char).toString('hex')}`
}

/** Special characters of the value of a filter. */
const SPECIAL = /[\\*()\0]/g

function escapeValue(text: string): string {
  return text.replace(SPECIAL, toHex)
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
