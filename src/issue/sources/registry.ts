/** The kinds of sources, with their common interface: settings, sources, inputs, names. */
import * as z from 'zod'
import { type Address, addressesBelow } from '../../remote/address.ts'
import { expectedKind, schemasOf } from '../../settings/kinds.ts'
import type { PartialOf, Placed } from '../../settings/placed.ts'
import { oncePerReader, type SecretReader } from '../../settings/secrets.ts'
import type { Source } from '../issue.ts'
import { certificateKind } from './certificate/certificate-source.ts'
import { fixedKind } from './fixed.ts'
import { remoteKind } from './remote/remote-source.ts'
import type { ExpiryPath } from './remote/reply.ts'
import type { RemoteCallConfig } from './remote/settings.ts'
import { requestKind } from './request/request-source.ts'
import {
  type BearerSigner,
  NO_NAMES,
  type SourceInput,
  type SourceKind,
  type SourceNames,
  type SourceServices
} from './source-kind.ts'

/** In the order of the reference. */
const SOURCE_KINDS = [fixedKind, requestKind, remoteKind, certificateKind] as const

/** The settings of one source. */
export type SourceConfig = z.output<ReturnType<(typeof SOURCE_KINDS)[number]['settings']>>

/** Also with the settings of a krakend source, which takes no claims from a reply. */
export type AnySourceConfig = SourceConfig | RemoteCallConfig

const kindsByName: ReadonlyMap<string, SourceKind<AnySourceConfig>> = new Map(
  SOURCE_KINDS.map((kind) => [kind.from, kind as SourceKind<AnySourceConfig>])
)

/** The settings of one source, of any kind. */
export function sourceSchema(reader: SecretReader) {
  return z.discriminatedUnion('from', schemasOf(SOURCE_KINDS, reader), {
    error: expectedKind(SOURCE_KINDS)
  })
}

/** The `claims` of a route. */
export const sourcesSchema = oncePerReader(function sourcesSchema(reader) {
  return z
    .array(sourceSchema(reader), 'expected a list of sources')
    .min(1, 'expected at least one source')
    .describe('The sources of the claims, in order. A later source overrides an earlier one.')
})

/**
 * Makes the sources of a route.
 * @param signer signs the service bearers that are sent to remotes
 * @param expiresAt the path in a remote's reply of the time at which the reply expires
 */
export function createSources(
  configs: readonly SourceConfig[],
  signer: BearerSigner,
  services: SourceServices,
  expiresAt?: ExpiryPath
): Source[] {
  const context = { ...services, signer, expiresAt }
  return configs.map((config) => kindOf(config).create(config, context))
}

/** Whether any of the sources sends the client's body on, so that the body has to be JSON. */
export function sendsBody(configs: readonly AnySourceConfig[]): boolean {
  return configs.some((config) => kindOf(config).sendsBody(config))
}

/** Whether any of the sources gives tokens a `sub`. */
export function setsSubject(configs: readonly SourceConfig[]): boolean {
  return configs.some((config) => kindOf(config).setsSubject(config))
}

/** The inputs of the source from a request. */
export function inputsOf(config: AnySourceConfig): readonly SourceInput[] {
  return kindOf(config).inputs(config)
}

/**
 * The addresses that sources connect to.
 * @param setting the one that lists the sources
 */
export function addressesOfSources(
  setting: string,
  configs: readonly AnySourceConfig[] | undefined
): Address[] {
  return addressesBelow(setting, configs, (config) => kindOf(config).addresses(config))
}

/** The names that the source refers to. Some of its settings may be wrong: those have no names. */
export function namesOf(config: Placed<PartialOf<SourceConfig>>): SourceNames {
  const { from = '' } = config.value ?? {}
  return kindsByName.get(from)?.names(config) ?? NO_NAMES
}

function kindOf({ from }: AnySourceConfig): SourceKind<AnySourceConfig> {
  const kind = kindsByName.get(from)
  if (kind === undefined) throw new TypeError(`a source of no kind: ${from}`)
  return kind
}
