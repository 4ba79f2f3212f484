/** A token is verified by the keys of its own issuer only: which keys those are. */
import * as z from 'zod'
import { ALL_KEYS, type KeySelection } from '../../keys/key-store.ts'

const EXPECTED = 'expected the name of an issuer, such as https://issuer.example.com'

/** The setting that is the name of an issuer. It is compared letter by letter with the `iss` of tokens (RFC 7519, section 4.1.1): mostly a URL, but any text will do. */
export const issuerName = z
  .string(EXPECTED)
  .min(1, EXPECTED)
  .meta({ title: 'the name of an issuer' })

/** A verifier, as far as it names the issuer whose tokens it verifies, and the keys of this service that it uses. */
export interface IssuerUse {
  /** Keys by their names; left out where they are in a JWK Set of its own. */
  readonly keys?: 'all' | readonly string[]
  readonly issuer?: string | undefined
}

/** Issuers that have keys of their own, and the names of those. There are none for an issuer whose keys are in a JWK Set. */
export type IssuerKeys = ReadonlyMap<string, readonly string[]>

/**
 * The keys that may verify tokens of an issuer; undefined where another verifier judges such tokens.
 * @param issuer the `iss` that the token claims, whatever it is
 */
export type KeysFor = (issuer: unknown) => KeySelection | undefined

/** @param verifiers those of all routes: what a key may be used for does not change from one route to another */
export function collectIssuerKeys(verifiers: readonly object[]): IssuerKeys {
  const issuerKeys = new Map<string, readonly string[]>()
  for (const verifier of verifiers) {
    const { keys = [], issuer }: IssuerUse = verifier
    if (issuer === undefined || keys === 'all') continue
    issuerKeys.set(issuer, [...(issuerKeys.get(issuer) ?? []), ...keys])
  }
  return issuerKeys
}

/**
 * Makes the choice for a verifier. Tokens of an issuer that has keys of its own are for those keys alone, and those keys are for
 * its tokens alone. All other tokens, those without an issuer too, are for all other keys. A verifier that names an issuer
 * does not judge tokens of others.
 */
export function createKeysFor(
  { keys = 'all', issuer }: IssuerUse,
  issuerKeys: IssuerKeys
): KeysFor {
  const taken = [...issuerKeys.values()].flat()
  const others = keys === 'all' ? except(taken) : only(keys, (name) => !taken.includes(name))
  const own = new Map(
    [...issuerKeys].map(([one, names]) => [
      one,
      only(names, (name) => keys === 'all' || keys.includes(name))
    ])
  )

  return function keysFor(tokenIssuer) {
    if (issuer !== undefined && tokenIssuer !== issuer) return undefined
    return typeof tokenIssuer === 'string' && own.has(tokenIssuer) ? own.get(tokenIssuer) : others
  }
}

function except(names: readonly string[]): KeySelection {
  return names.length === 0 ? ALL_KEYS : { except: names }
}

function only(
  names: readonly string[],
  isMeant: (name: string) => boolean
): KeySelection | undefined {
  const meant = names.filter(isMeant)
  return meant.length === 0 ? undefined : meant
}
