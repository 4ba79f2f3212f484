/** The claims of Themis's tokens, as sources in the same order: later ones win. */
import { parse as parseYaml } from 'yaml'
import { IDENTITY_CLAIMS, RESERVED_CLAIMS } from '../../../issue/claims.ts'
import type { Section } from '../source.ts'
import { given } from '../system.ts'
import { readRemote } from './remote.ts'

type Written = Readonly<Record<string, unknown>>

/** @param hasCertificates whether the listener asks clients for certificates */
export function readSources(token: Section, client: Section, hasCertificates: boolean): Written[] {
  const fixed: Record<string, unknown> = {}
  const requested: Written[] = []
  for (const { name, section: claim } of readNamed(token, 'claims')) {
    const place = readPlace(claim)
    const value = readValue(claim)
    const isIdentity = place !== undefined && IDENTITY_CLAIMS.has(name)
    if (RESERVED_CLAIMS.has(name) || isIdentity) {
      claim.note(
        undefined,
        isIdentity
          ? 'has no equal: a request cannot set iss, sub or aud'
          : 'has no equal: the service sets this claim itself'
      )
    } else if (place !== undefined) requested.push({ from: 'request', claim: name, ...place })
    else fixed[name] = value
  }
  const remote = readRemote(token, client)
  return [
    ...requested,
    ...readPartner(token.section('partnerID')),
    ...(Object.keys(fixed).length === 0 ? [] : [{ from: 'fixed', set: fixed }]),
    ...readTrust(token, hasCertificates),
    ...(remote === undefined ? [] : [remote])
  ]
}

/** A value with its name. */
export interface Named {
  readonly name: string
  readonly section: Section
}

/** The values of a list, or of the map of older releases. The names in a map are in lower case, since Themis reads all keys so. */
export function readNamed(token: Section, setting: string): Named[] {
  const list = token.items(setting).map((section) => ({ name: section.text('key') ?? '', section }))
  const map = token.section(setting)
  const inMap = map
    .names()
    .map((name) => ({ name: name.toLowerCase(), section: map.section(name) }))
  return [...list, ...inMap]
}

/** The place of a value in a request; undefined for a value in the configuration. */
export function readPlace(value: Section): Written | undefined {
  const place = given({
    header: value.text('header'),
    parameter: value.text('parameter'),
    variable: value.text('variable')
  })
  return Object.keys(place).length === 0 ? undefined : place
}

/** A value in the configuration; numbers in JSON keep their digits. */
export function readValue(section: Section): unknown {
  const json = section.text('json')
  if (json === undefined) return section.value('value')
  try {
    return parseYaml(json, { schema: 'json', intAsBigInt: true, prettyErrors: false })
  } catch {
    section.note('json', 'is no JSON; the text is put in')
    return json
  }
}

function readPartner(partner: Section): Written[] {
  const claim = partner.text('claim')
  const place = readPlace(partner)
  const value = partner.text('default')
  if (claim === undefined || place === undefined) return []
  return [given({ from: 'request', claim, ...place, default: value, take: 'first-of-list' })]
}

/** The names of the levels, there and here. */
const LEVELS = {
  none: 'noCertificates',
  untrusted: 'untrusted',
  expiredUntrusted: 'expiredUntrusted',
  expiredTrusted: 'expiredTrusted',
  trusted: 'trusted',
  untrustedCertIssuerCN: 'untrustedCertIssuerCN'
} as const

function readTrust(token: Section, hasCertificates: boolean): Written[] {
  const certificates = token.section('clientCertificates')
  const trust = certificates.section('trust')
  const levels = Object.fromEntries(
    Object.entries(LEVELS).flatMap(([here, there]) => {
      const level = trust.number(there)
      return level === undefined || level < 0 ? [] : [[here, level]]
    })
  )
  if (!token.has('clientCertificates')) return []
  const issuers = certificates.items('untrustedCertChecks').flatMap(readIssuer)
  const source = given({
    from: 'certificate',
    claim: 'trust',
    levels: Object.keys(levels).length === 0 ? undefined : levels,
    untrustedIssuers: issuers.length === 0 ? undefined : issuers
  })
  if (hasCertificates) return [source]
  certificates.note(
    undefined,
    'has no effect: the issuer asks for no certificates (tls.mtls), so that trust is always that of none'
  )
  return [toUntrusting(source)]
}

/** The claim of a `certificate` source without a certificate. */
export function toUntrusting({ levels = {} }: Written): Written {
  return { from: 'fixed', set: { trust: (levels as Record<string, number>).none ?? 0 } }
}

/** A regular expression of text and `.*` can be written with `*`. */
function readIssuer(check: Section): string[] {
  const regex = check.text('issuerCNRegex')
  if (regex === undefined) return []
  const [, start, text = '', end] = /^(\^?)((?:[\w ,'-]|\\\.|\.\*)*)(\$?)$/.exec(regex) ?? []
  if (start === undefined) {
    check.note(
      'issuerCNRegex',
      'is an expression that untrustedIssuers cannot say; write the names by hand'
    )
    return []
  }
  const name = text.replaceAll('.*', '*').replaceAll('\\.', '.')
  return [`${start === '' ? '*' : ''}${name}${end === '' ? '*' : ''}`.replaceAll(/\*+/g, '*')]
}
