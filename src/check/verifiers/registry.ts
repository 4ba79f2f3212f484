/** The kinds of verifiers, and what others need of all of them: settings, and the verifiers of a route. */
import * as z from 'zod'
import { type Address, addressesBelow } from '../../remote/address.ts'
import { schemasOf } from '../../settings/kinds.ts'
import { oncePerReader } from '../../settings/secrets.ts'
import type { Verifier } from '../check.ts'
import { endpointKind } from './endpoint-verifier.ts'
import { jwksKind } from './jwks.ts'
import { keysKind } from './keys.ts'
import { createVerifierChain } from './verifier-chain.ts'
import type { VerifierKind, VerifierServices } from './verifier-kind.ts'

/** In the order of the reference. */
const VERIFIER_KINDS = [keysKind, jwksKind, endpointKind] as const

/** The settings of one verifier. */
export type VerifierConfig = z.output<ReturnType<(typeof VERIFIER_KINDS)[number]['settings']>>

/** The settings of one verifier, of any kind. */
export const verifierSchema = oncePerReader(function verifierSchema(reader) {
  return z.union(schemasOf(VERIFIER_KINDS, reader), 'expected a verifier')
})

/** The settings of a check route that are about its verifiers. */
interface VerifiersConfig {
  readonly verify: readonly VerifierConfig[]
  /** Whether the next verifier is asked after one has rejected a token. */
  readonly onRefusal: 'end' | 'next'
  /** Whether the next verifier is asked where one is unavailable. */
  readonly onUnavailable: 'end' | 'next'
}

/** Makes the verifiers of a check route: one chain of them where a later one may be asked after an earlier one. */
export function createVerifiers(
  { verify, onRefusal, onUnavailable }: VerifiersConfig,
  services: VerifierServices
): readonly Verifier[] {
  const verifiers = verify.map((verifier) => createVerifier(verifier, services))
  const afterRefusal = onRefusal === 'next'
  const afterUnavailable = onUnavailable === 'next'
  return afterRefusal || afterUnavailable
    ? [createVerifierChain({ verifiers, afterRefusal, afterUnavailable })]
    : verifiers
}

/** Makes one verifier. */
export function createVerifier(config: VerifierConfig, services: VerifierServices): Verifier {
  return kindOf(config).create(config, services)
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
