/** Issuers: one name, or a name with claims of the token in it, such as `https://login.example.com/{tid}/v2.0` of a service with many tenants. */

/** The claims of a token, before they are verified. */
type Claims = Readonly<Record<string, unknown>>

/** Whether a token has this issuer. */
export type IsIssuer = (claims: Claims) => boolean

/** A template of issuers, in which each `{claim}` is replaced by the claim of the token. */
interface IssuerTemplate {
  /** The texts around the claims: one more than there are claims. */
  readonly texts: readonly string[]
  readonly claims: readonly TemplateClaim[]
}

interface TemplateClaim {
  readonly name: string
  /** Which values fit its place. */
  readonly isFit: (value: string) => boolean
}

const CLAIM = /\{([^{}]*)\}/g
const CLAIM_NAME = /^[A-Za-z_]\w*$/
/** Names that discovery documents have for claims: Entra ID writes `{tenantid}` for `tid`. */
const ALIASES: ReadonlyMap<string, string> = new Map([['tenantid', 'tid']])

/** The scheme, and the beginning of the authority. */
const IN_AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*$/i
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
/** Slashes, and lone surrogates, which UTF-8 cannot encode. */
const NO_SEGMENT = /[/\\]|\p{Surrogate}/u
/** What may be in a segment as it is (RFC 3986, section 3.3; RFC 3987, section 2.2), but for colons, which separate the parts of a URN. */
const PLAIN = /^[\p{L}\p{M}\p{N}._~!$&'()*+,;=@-]+$/u
const LONGEST_VALUE = 255

/** The characters allowed before and after a claim: it is a whole part of the name. */
const BEFORE = /[/.:]$/
const AFTER = /^(?:[/.:]|$)/

export const TEMPLATE_EXPECTED =
  'expected each {claim} to be a whole segment of the path, or a whole label of the host, such as https://login.example.com/{tid}/v2.0'
export const TENANTS_EXPECTED =
  'only goes with an issuer that has one claim in it, such as https://login.example.com/{tid}/v2.0'

/** The names that the metadata of an issuer may have for it: its own, also with other names for its claims. */
export function discoveredIssuers(issuer: string): readonly string[] {
  const names = [...ALIASES].map(([alias, name]) => issuer.replaceAll(`{${name}}`, `{${alias}}`))
  return [...new Set([issuer, ...names])]
}

/** How many claims a name has in it. */
export function countClaims(issuer: string): number {
  return [...issuer.matchAll(CLAIM)].length
}

/**
 * Reads the name of an issuer.
 * @throws TypeError for claims that are not whole parts of it
 */
export function parseIssuer(issuer: string): IssuerTemplate {
  const names = [...issuer.matchAll(CLAIM)].map(([, name = '']) => name)
  const texts = issuer.split(/\{[^{}]*\}/)
  const isWhole = names.every(
    (name, index) =>
      CLAIM_NAME.test(name) && BEFORE.test(texts[index] ?? '') && AFTER.test(texts[index + 1] ?? '')
  )
  if (names.length > 0 && (!isWhole || texts.some((text) => /[{}]/.test(text)))) {
    throw new TypeError(TEMPLATE_EXPECTED)
  }
  const claims = names.map((name, index) => ({
    name: ALIASES.get(name) ?? name,
    isFit: IN_AUTHORITY.test(texts.slice(0, index + 1).join('x')) ? isLabel : isSegment
  }))
  return { texts, claims }
}

/**
 * Makes the comparison with an issuer. A token's `iss` is compared character by character (RFC 7519, section 4.1.1) with the name, in which
 * each claim is the token's own, encoded for its place or, where that is clear, as it is. A token without the claim, or with a value that would leave its place, is of another issuer.
 * @param tenants the only values of the claim that count. Default: any.
 * @throws TypeError for a name whose claims are not whole parts of it
 */
export function createIsIssuer(issuer: string, tenants?: readonly string[]): IsIssuer {
  const { texts, claims } = parseIssuer(issuer)
  if (claims.length === 0) return ({ iss }) => iss === issuer
  const allowed = tenants && new Set(tenants)

  return function isIssuer(token) {
    let encoded = texts[0] ?? ''
    let plain = encoded
    for (const [index, { name, isFit }] of claims.entries()) {
      const value = textOf(Object.hasOwn(token, name) ? token[name] : undefined)
      if (value === undefined || !isFit(value) || allowed?.has(value) === false) return false
      const after = texts[index + 1] ?? ''
      encoded += encodeURIComponent(value) + after
      plain += (PLAIN.test(value) ? value : encodeURIComponent(value)) + after
    }
    return token.iss === encoded || token.iss === plain
  }
}

/** Some tenants have numbers. */
function textOf(value: unknown): string | undefined {
  if (Number.isSafeInteger(value)) return String(value)
  return typeof value === 'string' && value.length <= LONGEST_VALUE ? value : undefined
}

function isSegment(value: string): boolean {
  return value !== '' && value !== '.' && value !== '..' && !NO_SEGMENT.test(value)
}

function isLabel(value: string): boolean {
  return LABEL.test(value)
}
