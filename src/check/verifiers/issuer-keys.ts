/** Chooses the keys of a token: only the keys of its own issuer may verify it. */
import * as z from 'zod'
import { ALL_KEYS, type KeySelection } from '../../keys/key-store.ts'
import { reasonAgainst } from '../../settings/section.ts'
import {
  countClaims,
  createIsIssuer,
  type IsIssuer,
  parseIssuer,
  TENANTS_EXPECTED
} from './issuer-match.ts'

const EXPECTED = 'expected the name of an issuer, such as https://issuer.example.com'

/** The setting with the name of an issuer: mostly a URL, but any text is allowed, and claims of the token may be parts of it. */
export const issuerName = z
  .string(EXPECTED)
  .min(1, EXPECTED)
  .meta({ title: 'the name of an issuer' })
  .superRefine((text, context) => {
    const message = reasonAgainst(() => parseIssuer(text))
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

/** How `issuer` may name the issuers of many tenants, for the descriptions of settings. */
export const TENANT_IN_ISSUER =
  'A whole segment of its path, or a whole label of its host, may be `{claim}`, which means that claim of the token: `https://login.example.com/{tid}/v2.0`.'

const TENANT = 'expected the name of a tenant'

/** The setting that lists the tenants whose tokens are accepted. */
export const tenants = z
  .array(z.string(TENANT).min(1, TENANT), 'expected a list of tenants')
  .min(1, 'expected at least one tenant')
  .optional()
  .describe(
    'The values that the claim in `issuer` may have. A token with another value is from an unknown issuer. Default: any value.'
  )

/** Whether `tenants` is set only where the issuer has exactly one claim. */
export function hasPlaceForTenants({
  issuer = '',
  tenants
}: Pick<IssuerUse, 'issuer' | 'tenants'>) {
  return tenants === undefined || countClaims(issuer) === 1
}

/** The error where it has not. */
export const NO_PLACE_FOR_TENANTS = { error: TENANTS_EXPECTED, path: ['tenants'] }

/** A verifier, as far as it names the issuer whose tokens it verifies, and the keys of this service that it uses. */
export interface IssuerUse {
  /** The kids of its keys; left out where they are in its own JWK Set. */
  readonly keys?: 'all' | readonly string[]
  /** The issuer whose metadata leads to its JWK Set. */
  readonly discover?: string | undefined
  /** Default: the URL of `discover`. */
  readonly issuer?: string | undefined
  readonly tenants?: readonly string[] | undefined
}

/** An issuer with its own keys. */
interface IssuerWithKeys {
  /** The `iss` of its tokens. Left out where it is not the same for all of them. */
  readonly name: string | undefined
  readonly isIssuer: IsIssuer
  /** The names of the keys. There are none for an issuer whose keys are in a JWK Set. */
  readonly keys: readonly string[]
}

/** Issuers with their own keys, by their names in verifiers. */
export type IssuerKeys = ReadonlyMap<string, IssuerWithKeys>

/**
 * The keys that may verify a token; undefined where another verifier is responsible for such tokens.
 * @param claims the unverified claims of the token
 */
export type KeysFor = (claims: Readonly<Record<string, unknown>>) => KeySelection | undefined

/** @param verifiers the verifiers of all routes, since the use of a key is the same on each route */
export function collectIssuerKeys(verifiers: readonly object[]): IssuerKeys {
  const issuerKeys = new Map<string, IssuerWithKeys>()
  for (const verifier of verifiers) {
    const { keys = [], discover, issuer = discover, tenants }: IssuerUse = verifier
    if (issuer === undefined || keys === 'all') continue
    const id = JSON.stringify([issuer, tenants])
    issuerKeys.set(id, {
      name: countClaims(issuer) === 0 ? issuer : undefined,
      isIssuer: createIsIssuer(issuer, tenants),
      keys: [...(issuerKeys.get(id)?.keys ?? []), ...keys]
    })
  }
  return issuerKeys
}

/**
 * Makes the choice for a verifier. Tokens of an issuer with its own keys are verified by those keys alone, and those keys verify
 * its tokens alone. All other tokens, also without an issuer, are verified by all other keys. A verifier that names an issuer
 * does not check tokens of others.
 */
export function createKeysFor(
  { keys = 'all', issuer, tenants }: IssuerUse,
  issuerKeys: IssuerKeys
): KeysFor {
  const issuers = [...issuerKeys.values()].map(({ name, isIssuer, keys: names }) => ({
    name,
    isIssuer,
    names,
    own: only(names, (one) => keys === 'all' || keys.includes(one))
  }))
  const taken = issuers.flatMap(({ names }) => names)
  const others = keys === 'all' ? except(taken) : only(keys, (name) => !taken.includes(name))
  const byName = new Map(issuers.map(({ name, own }) => [name, own]))
  const templates = issuers.filter(({ name }) => name === undefined)
  const isMine = issuer === undefined ? undefined : createIsIssuer(issuer, tenants)

  return function keysFor(claims) {
    if (isMine?.(claims) === false) return undefined
    const { iss } = claims
    if (typeof iss === 'string' && byName.has(iss)) return byName.get(iss)
    const template = templates.find(({ isIssuer }) => isIssuer(claims))
    return template === undefined ? others : template.own
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
