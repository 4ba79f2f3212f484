/** The kinds of verifiers, with their common interface: settings, and the verifiers of a route. */
import * as z from 'zod'
import { type Address, addressesBelow } from '../../remote/address.ts'
import { schemasOf } from '../../settings/kinds.ts'
import { oncePerReader } from '../../settings/secrets.ts'
import type { Verifier } from '../check.ts'
import type { Named } from '../explain.ts'
import { endpointKind } from './endpoint-verifier.ts'
import { introspectionKind } from './introspection-verifier.ts'
import type { IssuerUse } from './issuer-keys.ts'
import { countClaims } from './issuer-match.ts'
import { discoverKind, jwksKind } from './jwks.ts'
import { keysKind } from './keys.ts'
import { createVerifierChain } from './verifier-chain.ts'
import type { VerifierKind, VerifierServices } from './verifier-kind.ts'

/** In the order of the reference. */
const VERIFIER_KINDS = [keysKind, jwksKind, discoverKind, endpointKind, introspectionKind] as const

/** The settings of one verifier. */
export type VerifierConfig = z.output<ReturnType<(typeof VERIFIER_KINDS)[number]['settings']>>

/** The settings of one verifier, of any kind. */
export const verifierSchema = oncePerReader(function verifierSchema(reader) {
  return z.union(schemasOf(VERIFIER_KINDS, reader), 'expected a verifier')
})

/** The settings of a check route that are about its verifiers. */
interface VerifiersConfig {
  /** Whether the next verifier is called after one has rejected a token. */
  readonly onRefusal: 'end' | 'next'
  /** Whether the next verifier is called where one is unavailable. */
  readonly onUnavailable: 'end' | 'next'
}

/** Makes the verifiers of a check route, each by itself, with the names of their settings. */
export function createVerifiers(
  verify: readonly VerifierConfig[],
  services: VerifierServices
): readonly Named<Verifier>[] {
  const namedIssuers = new Set(verify.flatMap((config) => nameOf(config) ?? []))
  return verify.map((config, index) => ({
    name: `verify[${index}] ${kindOf(config).setting}`,
    step: kindOf(config).create(config, { ...services, namedIssuers })
  }))
}

/** Makes a chain of verifiers where a later one may be called after an earlier one. */
export function arrangeVerifiers(
  verifiers: readonly Verifier[],
  { onRefusal, onUnavailable }: VerifiersConfig
): readonly Verifier[] {
  const afterRefusal = onRefusal === 'next'
  const afterUnavailable = onUnavailable === 'next'
  return afterRefusal || afterUnavailable
    ? [createVerifierChain({ verifiers, afterRefusal, afterUnavailable })]
    : verifiers
}

/** The one issuer that a verifier names. */
function nameOf(verifier: VerifierConfig): string | undefined {
  const { discover, issuer = discover }: IssuerUse = verifier as object
  return issuer === undefined || countClaims(issuer) > 0 ? undefined : issuer
}

/** Whether one of them takes opaque tokens. */
export function takesOpaque(configs: readonly VerifierConfig[]): boolean {
  return configs.some((config) => kindOf(config).takesOpaque?.(config) === true)
}

/**
 * The addresses that verifiers connect to.
 * @param setting the one that lists the verifiers
 */
export function addressesOfVerifiers(
  setting: string,
  configs: readonly VerifierConfig[] | undefined
): Address[] {
  return addressesBelow(setting, configs, (config) => kindOf(config).addresses(config))
}

function kindOf(config: VerifierConfig): VerifierKind<VerifierConfig> {
  const kinds: readonly VerifierKind<VerifierConfig>[] = VERIFIER_KINDS
  const kind = kinds.find(({ setting }) => Object.hasOwn(config, setting))
  if (kind === undefined) throw new TypeError('a verifier of no kind')
  return kind
}
