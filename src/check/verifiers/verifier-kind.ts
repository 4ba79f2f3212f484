/** What every kind of verifier brings along, and what it is built with. A new one is a file, and a line in the registry. */
import type * as z from 'zod'
import type { KeyStore } from '../../keys/key-store.ts'
import type { Address } from '../../remote/address.ts'
import type { Endpoint, EndpointOptions } from '../../remote/endpoint.ts'
import type { Limits } from '../../settings/limits.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import type { Verifier } from '../check.ts'
import type { IssuerKeys } from './issuer-keys.ts'
import type { JwksVerifierConfig } from './jwks.ts'

/** What the service gives to all verifiers of a configuration. */
export interface VerifierServices {
  readonly keyStore: KeyStore & {
    /** The keys of each JWK Set that a verifier names. */
    readonly jwkSets: ReadonlyMap<JwksVerifierConfig, KeyStore>
  }
  /** Issuers that have keys of their own, on whichever route. */
  readonly issuerKeys: IssuerKeys
  readonly limits: Pick<Limits, 'depth' | 'reply' | 'calls'>
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Makes the client for the endpoint of a URL. Whoever gives this closes what it makes. */
  readonly connectEndpoint: (
    url: string,
    options: Omit<EndpointOptions, 'userAgent' | 'onOutcome'>
  ) => Endpoint
}

/** A kind of verifier: everything that others need to know of it. */
export interface VerifierKind<Config> {
  /** The setting that verifiers of this kind have, and no others. */
  readonly setting: string
  settings(reader: SecretReader): z.ZodType<Config>
  create(config: Config, services: VerifierServices): Verifier
  /** What it connects to. */
  addresses(config: Config): readonly Address[]
}
